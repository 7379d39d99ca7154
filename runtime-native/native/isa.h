// Which instruction sets this machine has.
#pragma once
#include <string>
#include <vector>
#include "kernels/table.h"

namespace sigil::native {

/// Those that this machine has and its system saves the registers of, the best one first, less
/// those that `mask` leaves out: names with commas, of which only those count, or, with a minus,
/// all but those. Empty for none.
std::vector<const Table*> instruction_sets(const std::string& mask);

}  // namespace sigil::native
