// Launches: finds the kernel, checks the geometry, and lets host threads take clusters of the grid.
#include "engine/launch.h"

#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <tuple>

#include "engine/fault.h"
#include "engine/machine.h"
#include "engine/registry.h"

using namespace sigil::emulator;

namespace {

std::mutex idle_mutex;
std::vector<std::unique_ptr<Machine>>& idle_machines() {
  // Never destroyed: other threads may still run at the process's end.
  static auto* machines = new std::vector<std::unique_ptr<Machine>>;
  return *machines;
}

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

int report(char* message, size_t capacity, int code, const char* format, ...) {
  va_list values;
  va_start(values, format);
  if (message && capacity) vsnprintf(message, capacity, format, values);
  va_end(values);
  return code;
}

/// The fault of the lowest cluster that had one, so that the report does not depend on which host thread was faster.
struct FirstFault {
  std::mutex mutex;
  std::atomic<uint64_t> cluster{~uint64_t{0}};
  FaultRecord record;
};

void run_clusters(const Kernel& kernel, const SigilLaunch& launch, const char* parameters, uint64_t count, std::atomic<uint64_t>& next, FirstFault& first) {
  const SignalStack stack;
  const uint32_t patience = launch.flags & 0xff;
  const StuckTimer timer(patience ? patience : 15);
  auto machine = take_machine();
  for (;;) {
    const uint64_t cluster = next.fetch_add(1);
    if (cluster >= count || cluster > first.cluster) break;
    if (machine->run_cluster(kernel, launch, parameters, cluster)) continue;
    const std::lock_guard lock(first.mutex);
    if (cluster > first.cluster) continue;
    first.cluster = cluster;
    first.record = machine->fault_record;
  }
  give_back(std::move(machine));
}

}  // namespace

void sigil_emulated_release() {
  const std::lock_guard lock(idle_mutex);
  idle_machines().clear();
}

int sigil_emulated_launch(const char* name, const SigilLaunch* launch, char* message, size_t capacity) {
  const Kernel* kernel = find_kernel(name);
  if (!kernel) return report(message, capacity, SIGIL_UNKNOWN_KERNEL, "there is no kernel %s here", name);
  const auto& [grid, block, cluster] = std::tie(launch->grid, launch->block, launch->cluster);
  if (launch->parameter_bytes != kernel->parameter_bytes) {
    return report(message, capacity, SIGIL_BAD_PARAMETERS, "kernel %s takes %u bytes of parameters and got %llu", name, kernel->parameter_bytes, static_cast<unsigned long long>(launch->parameter_bytes));
  }
  if (block[1] != 1 || block[2] != 1 || block[0] < 1 || block[0] > kernel->maximum_threads || block[0] > 1024) {
    return report(message, capacity, SIGIL_BAD_LAUNCH, "kernel %s takes blocks of at most %u x 1 x 1 threads and got %u x %u x %u", name, kernel->maximum_threads, block[0], block[1], block[2]);
  }
  for (int axis = 0; axis < 3; axis++) {
    const uint32_t most = axis == 0 ? 0x7fffffff : 65535;
    if (grid[axis] < 1 || grid[axis] > most) return report(message, capacity, SIGIL_BAD_LAUNCH, "kernel %s: a grid of %u x %u x %u blocks; sizes are 1 to 2147483647, 65535, 65535", name, grid[0], grid[1], grid[2]);
    if (cluster[axis] < 1 || grid[axis] % cluster[axis]) return report(message, capacity, SIGIL_BAD_LAUNCH, "kernel %s: a grid of %u x %u x %u blocks is no multiple of clusters of %u x %u x %u", name, grid[0], grid[1], grid[2], cluster[0], cluster[1], cluster[2]);
  }
  const uint64_t cluster_size = uint64_t{cluster[0]} * cluster[1] * cluster[2];
  if (cluster_size > 8) return report(message, capacity, SIGIL_BAD_LAUNCH, "kernel %s: clusters of %llu blocks; at most 8 are portable", name, static_cast<unsigned long long>(cluster_size));
  if (launch->shared_bytes > maximum_shared_bytes) return report(message, capacity, SIGIL_BAD_LAUNCH, "kernel %s: %llu bytes of shared memory; a block has at most %u", name, static_cast<unsigned long long>(launch->shared_bytes), maximum_shared_bytes);

  install_signal_handlers();
  alignas(64) char parameters[4096];
  memcpy(parameters, launch->parameters, kernel->parameter_bytes);
  const uint64_t count = uint64_t{grid[0]} * grid[1] * grid[2] / cluster_size;
  uint64_t workers = launch->flags >> SIGIL_THREADS_SHIFT;
  if (workers == 0) workers = std::max(1u, std::thread::hardware_concurrency());
  workers = std::min(workers, count);
  std::atomic<uint64_t> next{0};
  FirstFault first;
  std::vector<std::thread> others;
  for (uint64_t i = 1; i < workers; i++) others.emplace_back([&] { run_clusters(*kernel, *launch, parameters, count, next, first); });
  run_clusters(*kernel, *launch, parameters, count, next, first);
  for (auto& other : others) other.join();
  if (first.record.code != 0) return report(message, capacity, first.record.code, "%s", first.record.text);
  if (message && capacity) message[0] = 0;
  return SIGIL_OK;
}
