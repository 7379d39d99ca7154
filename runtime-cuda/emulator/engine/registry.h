#pragma once
#include "engine/calls.h"

namespace sigil::emulator {

/// Null when no kernel has this name.
const Kernel* find_kernel(const char* name);

}  // namespace sigil::emulator
