// What the machine has.
#pragma once

namespace sigil::native {

/// Physical cores that this process may use: within its affinity mask and its control group's
/// quota, at least 1 and at most 16. Two threads of one core would share what one alone fills.
int usable_cores();

/// Bytes of a core's second-level cache, or 1 MiB where nothing tells.
long level_two_bytes();

}  // namespace sigil::native
