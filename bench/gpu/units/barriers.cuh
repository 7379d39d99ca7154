// Barriers, registers and launches: each kernel shows one thing that could be read in two ways.
#include "platform/barrier.cuh"
#include "platform/cluster.cuh"
#include "platform/warpgroup.cuh"

using namespace sigil;

/// A barrier that nobody has used counts the phase of parity 1 as over, which producers build on.
/// Then two arrivals end phase 0 and two more phase 1; `out` has what the waiting thread saw. It
/// answers by a barrier of its own, so that nobody is a phase ahead.
SIGIL_KERNEL(phases, 64, 1)(uint32_t* out) {
  uint32_t* const values = reinterpret_cast<uint32_t*>(shared_memory());
  Barrier* const barrier = reinterpret_cast<Barrier*>(shared_memory() + 64);
  Barrier* const seen = barrier + 1;
  Barrier* const unused = barrier + 2;
  if (thread_x() == 0) {
    barrier_init(barrier, 2);
    barrier_init(seen, 1);
    barrier_init(unused, 1);
    fence_barrier_init();
  }
  sync_threads();
  if (thread_x() < 2) {
    for (uint32_t phase = 0; phase < 2; phase++) {
      if (thread_x() == 0) values[phase] = 100 + phase;
      barrier_arrive(barrier);
      barrier_wait(seen, phase);
    }
  } else if (thread_x() == 32) {
    for (uint32_t phase = 0; phase < 2; phase++) {
      barrier_wait(barrier, phase);
      out[1 + phase] = values[phase];
      barrier_arrive(seen);
    }
  } else if (thread_x() == 33) {
    barrier_wait(unused, 1);
    out[0] = 1;
  }
}
SIGIL_EXPORT(phases)

/// One warpgroup gives up registers, two take them: 128 * (40 + 2 * 232) = 384 * 168.
SIGIL_KERNEL(registers, 384, 1)(uint32_t* out) {
  if (thread_x() >= 256) {
    registers_decrease<40>();
  } else {
    registers_increase<232>();
    float sums[160];
#pragma unroll
    for (int i = 0; i < 160; i++) sums[i] = static_cast<float>(opaque(thread_x() + i));
    float total = 0;
#pragma unroll
    for (int i = 0; i < 160; i++) total += sums[i];
    out[thread_x()] = static_cast<uint32_t>(total);
  }
}
SIGIL_EXPORT(registers)

/// Lets the next launch start at once and writes much later.
SIGIL_KERNEL(ahead, 32, 1)(uint32_t* out) {
  release_successor();
  uint32_t state = thread_x();
#pragma unroll 1
  for (int i = 0; i < 20000; i++) state = state * 1664525u + 1013904223u;
  out[block_x() * 32 + thread_x()] = state;
}
SIGIL_EXPORT(ahead)

/// Reads what the launch ahead writes, once it has waited for it.
SIGIL_KERNEL(behind, 32, 1)(const uint32_t* from, uint32_t* out) {
  wait_for_predecessor();
  out[block_x() * 32 + thread_x()] = from[block_x() * 32 + thread_x()] + 1;
}
SIGIL_EXPORT(behind)
