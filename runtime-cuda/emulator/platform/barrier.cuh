// The host's side of device/platform/barrier.cuh. The eight bytes of a barrier say where the engine
// keeps it, so overwriting them is noticed.
#pragma once
#include "platform/language.cuh"

namespace sigil {

using Barrier = uint64_t;

SIGIL_DEVICE void barrier_init(Barrier* barrier, uint32_t arrivals) {
  emulator::barrier_init(barrier, arrivals);
}
SIGIL_DEVICE void fence_barrier_init() { emulator::barrier_init_fence(); }
SIGIL_DEVICE void barrier_arrive(Barrier* barrier) {
  emulator::barrier_arrive(barrier, 0, false, 0);
}
SIGIL_DEVICE void barrier_arrive_remote(Barrier* barrier, uint32_t rank) {
  emulator::barrier_arrive(barrier, rank, true, 0);
}
SIGIL_DEVICE void barrier_arrive_expect(Barrier* barrier, uint32_t bytes) {
  emulator::barrier_arrive(barrier, 0, false, bytes);
}
SIGIL_DEVICE void barrier_wait(Barrier* barrier, uint32_t parity) {
  emulator::barrier_wait(barrier, parity);
}

SIGIL_DEVICE void fence_async_proxy() { emulator::async_proxy_fence(); }

}  // namespace sigil
