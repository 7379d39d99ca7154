// Instructions that a whole warp executes together.
#pragma once
#include "engine/machine.h"

namespace sigil::emulator {

/// Leaves this lane's operand and returns when all lanes have come and `collective.finish` has run.
/// Faults when lanes meet in different instructions or with a different `detail` (an immediate of
/// the instruction), or when a lane has ended.
void meet(const Collective& collective, void* operand, uint64_t detail = 0);

}  // namespace sigil::emulator
