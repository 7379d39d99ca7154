// mbarrier: PTX ISA, "Phase of the mbarrier object" and "Tracking asynchronous operations by the
// mbarrier object".
#include "engine/phase_barrier.h"

#include <cstring>

#include "engine/shared_pointer.h"

namespace sigil::emulator {

namespace {

constexpr uint64_t mark = 0xba221e25ull << 32;
constexpr uint32_t most_arrivals = (1u << 20) - 1;
constexpr int64_t most_bytes = (1 << 20) - 1;

void settle(Block& block, PhaseBarrier& barrier) {
  if (barrier.pending != 0 || barrier.bytes != 0) return;
  if (Watch& watch = block.machine->watch; watch.enabled) {
    watch.learn(barrier.arriving, barrier.agent, watch.now());
    barrier.published = barrier.arriving;
  }
  barrier.phase++;
  barrier.pending = static_cast<int32_t>(barrier.arrivals);
  for (Thread* waiter : barrier.waiting) block.machine->make_ready(*waiter);
  barrier.waiting.clear();
}

}  // namespace

PhaseBarrier& phase_barrier(Block& block, uint32_t offset, const char* instruction) {
  uint64_t value;
  memcpy(&value, block.shared + offset, 8);
  const uint32_t index = static_cast<uint32_t>(value);
  if ((value & ~0xffffffffull) == mark && index < block.phases.size() &&
      block.phases[index].offset == offset)
    return block.phases[index];
  for (const PhaseBarrier& barrier : block.phases) {
    if (barrier.offset == offset)
      fault(SIGIL_BARRIER, "%s: the barrier at shared+%u was overwritten", instruction, offset);
  }
  fault(SIGIL_BARRIER, "%s: no barrier was initialised at shared+%u of block %u of the cluster",
        instruction, offset, block.rank);
}

void complete_bytes(Block& block, uint32_t offset, uint32_t bytes) {
  for (PhaseBarrier& barrier : block.phases) {
    if (barrier.offset != offset) continue;
    barrier.bytes -= bytes;
    settle(block, barrier);
    return;
  }
}

uint32_t barrier_agent(const Block& block, uint32_t offset) {
  for (const PhaseBarrier& barrier : block.phases) {
    if (barrier.offset == offset) return barrier.agent;
  }
  return 0;
}

void barrier_init(uint64_t* at, uint32_t arrivals) {
  Thread& self = Machine::thread();
  Block& block = *self.block_state;
  const uint32_t offset = shared_offset(at, 8, 8, "barrier_init");
  if (arrivals < 1 || arrivals > most_arrivals)
    fault(SIGIL_BARRIER, "barrier_init of %u arrivals: 1 to %u", arrivals, most_arrivals);
  size_t index = 0;
  while (index < block.phases.size() && block.phases[index].offset != offset) index++;
  if (index == block.phases.size()) block.phases.emplace_back();
  PhaseBarrier& barrier = block.phases[index];
  if (!barrier.waiting.empty())
    fault(SIGIL_BARRIER, "barrier_init at shared+%u, where threads wait", offset);
  barrier = {offset,  arrivals, static_cast<int32_t>(arrivals), 0, 0, false, &self, {},
             nullptr, nullptr,  self.machine->watch.new_agent()};
  const uint64_t value = mark | index;
  memcpy(at, &value, 8);
}

void barrier_init_fence() {
  Thread& self = Machine::thread();
  for (PhaseBarrier& barrier : self.block_state->phases)
    barrier.fenced |= barrier.initialiser == &self;
}

void async_proxy_fence() {
  // Stronger than the fence for barriers.
  barrier_init_fence();
  Thread& self = Machine::thread();
  if (self.machine->watch.enabled) self.machine->watch.fence(self);
}

void barrier_arrive(uint64_t* at, uint32_t rank, bool remote, uint32_t expected_bytes) {
  Thread& self = Machine::thread();
  const uint32_t offset = shared_offset(at, 8, 8, "barrier_arrive");
  if (remote && rank >= self.machine->blocks.size())
    fault(SIGIL_BARRIER, "barrier_arrive_remote to block %u of a cluster of %zu", rank,
          self.machine->blocks.size());
  Block& block = remote ? self.machine->blocks[rank] : *self.block_state;
  if (remote && block.live == 0)
    fault(SIGIL_BARRIER,
          "barrier_arrive_remote at shared+%u of block %u of the cluster, which has ended", offset,
          rank);
  PhaseBarrier& barrier =
      phase_barrier(block, offset, remote ? "barrier_arrive_remote" : "barrier_arrive");
  if (remote && &block != self.block_state && !barrier.fenced)
    fault(SIGIL_PROXY,
          "barrier_arrive_remote at shared+%u, whose initialisation no fence_barrier_init followed",
          offset);
  barrier.bytes += expected_bytes;
  if (barrier.bytes > most_bytes)
    fault(SIGIL_BARRIER, "the barrier at shared+%u expects %lld bytes, more than it can count",
          offset, static_cast<long long>(barrier.bytes));
  if (barrier.pending == 0)
    fault(SIGIL_BARRIER, "one arrival more than the %u of the barrier at shared+%u, in phase %u",
          barrier.arrivals, offset, barrier.phase);
  barrier.pending--;
  if (Watch& watch = self.machine->watch; watch.enabled) watch.release(self, barrier.arriving);
  settle(block, barrier);
  self.machine->maybe_yield(self);
}

void barrier_wait(uint64_t* at, uint32_t parity) {
  Thread& self = Machine::thread();
  Block& block = *self.block_state;
  const uint32_t offset = shared_offset(at, 8, 8, "barrier_wait");
  if (parity > 1) fault(SIGIL_BARRIER, "barrier_wait for parity %u", parity);
  self.machine->maybe_yield(self);
  // A thread that comes too late to see its phase waits for the next of the same parity, as one
  // that polls does.
  while ((phase_barrier(block, offset, "barrier_wait").phase & 1) == parity) {
    phase_barrier(block, offset, "barrier_wait").waiting.push_back(&self);
    self.wait = Wait::phase;
    self.wait_object = offset;
    self.wait_detail = parity;
    self.machine->park(self);
  }
  if (Watch& watch = self.machine->watch; watch.enabled)
    watch.acquire(self, phase_barrier(block, offset, "barrier_wait").published);
}

}  // namespace sigil::emulator
