#pragma once
#include "engine/machine.h"

namespace sigil::emulator {

/// Records the fault of a cluster in which no thread can go on: every barrier with waiters, what it
/// lacks, and who waits.
void describe_hang(Machine& machine);

}  // namespace sigil::emulator
