// bar.sync, barrier.cluster, and setmaxnreg: where threads of several warps wait for one another.
#include <algorithm>

#include "engine/asynchronous.h"
#include "engine/collective.h"
#include "engine/fault.h"

namespace sigil::emulator {

namespace {

void release(BlockBarrier& barrier, Block& block, Thread* last) {
  Watch& watch = block.machine->watch;
  if (watch.enabled) {
    if (barrier.waiting.size() == block.live)
      watch.sync_block(block);
    else
      watch.sync_some(barrier.waiting);
  }
  barrier.expected = 0;
  for (Thread* waiter : barrier.waiting) {
    if (waiter != last) waiter->machine->make_ready(*waiter);
  }
  barrier.waiting.clear();
}

void arrive(Thread& self, uint32_t id, uint32_t threads, const char* name) {
  BlockBarrier& barrier = self.block_state->barriers[id];
  if (barrier.waiting.empty())
    barrier.expected = threads;
  else if (barrier.expected != threads)
    fault(SIGIL_BARRIER, "%s %u for %u threads while others wait there for %u", name, id, threads,
          barrier.expected);
  barrier.waiting.push_back(&self);
  if (barrier.waiting.size() == (threads ? threads : self.block_state->live)) {
    release(barrier, *self.block_state, &self);
    self.machine->maybe_yield(self);
    return;
  }
  self.wait = Wait::block_barrier;
  self.wait_object = id;
  self.wait_name = name;
  self.machine->park(self);
}

}  // namespace

void block_barrier() { arrive(Machine::thread(), 0, 0, "sync_threads"); }

void named_barrier(int id, int threads) {
  Thread& self = Machine::thread();
  if (id < 0 || id > 15) fault(SIGIL_BARRIER, "sync_named %d: ids are 0 to 15", id);
  if (threads <= 0 || threads % 32 || threads > static_cast<int>(self.block_state->thread_count))
    fault(SIGIL_BARRIER, "sync_named %d for %d threads: a multiple of 32, at most the block's %u",
          id, threads, self.block_state->thread_count);
  arrive(self, static_cast<uint32_t>(id), static_cast<uint32_t>(threads), "sync_named");
}

void cluster_barrier() {
  Thread& self = Machine::thread();
  Machine& machine = *self.machine;
  machine.cluster_waiting.push_back(&self);
  if (machine.cluster_waiting.size() == machine.live) {
    if (machine.watch.enabled) {
      machine.watch.sync_some(machine.cluster_waiting);
      for (Block& block : machine.blocks) machine.watch.sync_block(block);
    }
    for (Thread* waiter : machine.cluster_waiting) {
      if (waiter != &self) machine.make_ready(*waiter);
    }
    machine.cluster_waiting.clear();
    machine.maybe_yield(self);
    return;
  }
  self.wait = Wait::cluster_barrier;
  machine.park(self);
}

void thread_left_barriers(Thread& self) {
  BlockBarrier& barrier = self.block_state->barriers[0];
  if (!barrier.waiting.empty() && barrier.expected == 0 &&
      barrier.waiting.size() == self.block_state->live)
    release(barrier, *self.block_state, nullptr);
  Machine& machine = *self.machine;
  if (!machine.cluster_waiting.empty() && machine.cluster_waiting.size() == machine.live) {
    for (Thread* waiter : machine.cluster_waiting) machine.make_ready(*waiter);
    machine.cluster_waiting.clear();
  }
}

namespace {
const Collective set_registers_instruction{"setmaxnreg", [](Warp&) {}};
}

void set_registers(uint32_t count, bool increase) {
  Thread& self = Machine::thread();
  Block& block = *self.block_state;
  if (count < 24 || count > 256 || count % 8)
    fault(SIGIL_REGISTERS, "setmaxnreg %u: a multiple of 8 from 24 to 256", count);
  meet(set_registers_instruction, nullptr, count * 2 + increase);
  Warp& warp = *self.warp;
  // One lane speaks for its warp; the others wait for it.
  if (self.lane == 0) {
    if (increase ? count < warp.registers : count > warp.registers)
      fault(SIGIL_REGISTERS, "registers_%s<%u> by a warp that has %u",
            increase ? "increase" : "decrease", count, warp.registers);
    if (increase) {
      const uint32_t wanted = (count - warp.registers) * warp_size;
      while (block.free_registers < wanted) {
        block.register_waiters.push_back(&self);
        self.wait = Wait::registers;
        self.wait_detail = count;
        self.machine->park(self);
      }
      block.free_registers -= wanted;
    } else {
      block.free_registers += (warp.registers - count) * warp_size;
      for (Thread* waiter : block.register_waiters) self.machine->make_ready(*waiter);
      block.register_waiters.clear();
    }
    warp.registers = count;
  }
  meet(set_registers_instruction, nullptr, count * 2 + increase);
}

}  // namespace sigil::emulator
