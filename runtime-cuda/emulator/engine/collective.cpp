#include "engine/collective.h"

#include "engine/fault.h"

namespace sigil::emulator {

void meet(const Collective& collective, void* operand, uint64_t detail) {
  Thread& self = Machine::thread();
  Warp& warp = *self.warp;
  if (warp.live != warp.all)
    fault(SIGIL_DIVERGENCE,
          "%s by a warp some of whose lanes have ended (mask of living lanes %08x)",
          collective.name, warp.live);
  if (warp.arrived == 0) {
    warp.collective = &collective;
    warp.collective_detail = detail;
  } else if (warp.collective != &collective || warp.collective_detail != detail) {
    fault(SIGIL_DIVERGENCE, "%s while other lanes of its warp (mask %08x) are in %s%s",
          collective.name, warp.arrived, warp.collective->name,
          warp.collective == &collective ? " of another kind" : "");
  }
  warp.operands[self.lane] = operand;
  warp.arrived |= 1u << self.lane;
  if (warp.arrived != warp.all) {
    self.wait = Wait::warp;
    self.wait_name = collective.name;
    self.machine->park(self);
    return;
  }
  collective.finish(warp);
  warp.arrived = 0;
  for (uint32_t lane = 0; lane < warp_size; lane++) {
    if (warp.all >> lane & 1 && lane != self.lane) warp.lanes[lane]->wait = Wait::none;
  }
  warp.ready |= warp.all & ~(1u << self.lane);
  self.machine->maybe_yield(self);
}

namespace {

struct ShuffleOperand {
  uint32_t value, source, result;
};
const Collective shuffle_instruction{
    "shuffle", [](Warp& warp) {
      for (uint32_t lane = 0; lane < warp_size; lane++) {
        if (!(warp.all >> lane & 1)) continue;
        auto& operand = *static_cast<ShuffleOperand*>(warp.operands[lane]);
        const uint32_t source = operand.source & 31;
        if (!(warp.all >> source & 1))
          fault(SIGIL_DIVERGENCE, "shuffle from lane %u, which the warp does not have", source);
        operand.result = static_cast<ShuffleOperand*>(warp.operands[source])->value;
      }
    }};
const Collective warp_barrier_instruction{"sync_warp", [](Warp& warp) {
                                            Watch& watch = warp.block_state->machine->watch;
                                            if (watch.enabled) watch.sync_warp(warp);
                                          }};
const Collective elect_instruction{
    "elect_one", [](Warp& warp) {
      // Hardware always takes the same lane and does not say which.
      const uint32_t chosen = here->seed ? static_cast<uint32_t>(mix(here->seed) % warp_size) : 0;
      for (uint32_t lane = 0; lane < warp_size; lane++) {
        if (warp.all >> lane & 1)
          *static_cast<bool*>(warp.operands[lane]) = warp.all == ~0u ? lane == chosen : lane == 0;
      }
    }};

}  // namespace

uint32_t shuffle_bits(uint32_t value, uint32_t source) {
  ShuffleOperand operand{value, source, 0};
  meet(shuffle_instruction, &operand);
  return operand.result;
}
void warp_barrier() { meet(warp_barrier_instruction, nullptr); }
bool elect() {
  bool elected = false;
  meet(elect_instruction, &elected);
  return elected;
}

}  // namespace sigil::emulator
