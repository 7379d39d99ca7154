// Machines that run nothing, with their mappings, for the launches to come.
#pragma once
#include <memory>

#include "engine/machine.h"

namespace sigil::emulator {

std::unique_ptr<Machine> take_machine();
void give_back(std::unique_ptr<Machine> machine);
/// Frees those that nobody has taken.
void drop_machines();

}  // namespace sigil::emulator
