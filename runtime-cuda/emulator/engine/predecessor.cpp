// griddepcontrol: a grid that starts before those ahead have ended, and waits for that.
#include "engine/fault.h"
#include "engine/machine.h"

namespace sigil::emulator {

void predecessor_wait() {
  Thread& self = Machine::thread();
  Machine& machine = *self.machine;
  Grid& grid = *machine.grid;
  if (!grid.ahead) return;
  grid.waited = true;
  if (!grid.ahead_ended) {
    machine.predecessor_waiting.push_back(&self);
    self.wait = Wait::predecessor;
    self.wait_name = "wait_for_predecessor";
    machine.park(self);
  }
  if (machine.watch.enabled) machine.watch.follow_predecessors(self);
}

void successor_release() {
  Thread& self = Machine::thread();
  self.block_state->released = true;
  self.machine->stop_if_released(self);
}

}  // namespace sigil::emulator
