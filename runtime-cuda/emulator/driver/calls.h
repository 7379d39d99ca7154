// The driver's calls as the emulator has them, declared by the same list as the addon's.
#pragma once
#include "../../native/driver_calls.h"

namespace sigil::emulated::calls {

using namespace sigil::cuda;

#define SIGIL_DECLARE(name, version, parameters) Status name parameters;
SIGIL_DRIVER_CALLS(SIGIL_DECLARE)
SIGIL_OPTIONAL_DRIVER_CALLS(SIGIL_DECLARE)
#undef SIGIL_DECLARE

}  // namespace sigil::emulated::calls
