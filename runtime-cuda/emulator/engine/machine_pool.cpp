#include "engine/machine_pool.h"

#include <mutex>
#include <vector>

namespace sigil::emulator {

namespace {

std::mutex idle_mutex;
std::vector<std::unique_ptr<Machine>>& idle_machines() {
  // Never destroyed: other threads may still run at the process's end.
  static auto* machines = new std::vector<std::unique_ptr<Machine>>;
  return *machines;
}

}  // namespace

std::unique_ptr<Machine> take_machine() {
  const std::lock_guard lock(idle_mutex);
  auto& idle = idle_machines();
  if (idle.empty()) return std::make_unique<Machine>();
  auto machine = std::move(idle.back());
  idle.pop_back();
  return machine;
}

void give_back(std::unique_ptr<Machine> machine) {
  const std::lock_guard lock(idle_mutex);
  idle_machines().push_back(std::move(machine));
}

void drop_machines() {
  const std::lock_guard lock(idle_mutex);
  idle_machines().clear();
}

}  // namespace sigil::emulator
