// Launches: finds the kernels and checks the geometry.
#include "engine/launch.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <tuple>

#include "engine/fault.h"
#include "engine/machine_pool.h"
#include "engine/registry.h"
#include "engine/row.h"

using namespace sigil::emulator;

namespace {

int report(char* message, size_t capacity, int code, const char* format, ...) {
  va_list values;
  va_start(values, format);
  if (message && capacity) vsnprintf(message, capacity, format, values);
  va_end(values);
  return code;
}

/// Fills a grid in. 0, or what is wrong with the launch.
int prepare(Grid& to, const char* name, const SigilLaunch& launch, char* message, size_t capacity) {
  const Kernel* kernel = find_kernel(name);
  if (!kernel)
    return report(message, capacity, SIGIL_UNKNOWN_KERNEL, "there is no kernel %s here", name);
  const auto& [grid, block, cluster] = std::tie(launch.grid, launch.block, launch.cluster);
  if (launch.parameter_bytes != kernel->parameter_bytes) {
    return report(message, capacity, SIGIL_BAD_PARAMETERS,
                  "kernel %s takes %u bytes of parameters and got %llu", name,
                  kernel->parameter_bytes, static_cast<unsigned long long>(launch.parameter_bytes));
  }
  if (block[1] != 1 || block[2] != 1 || block[0] < 1 || block[0] > kernel->maximum_threads ||
      block[0] > 1024) {
    return report(message, capacity, SIGIL_BAD_LAUNCH,
                  "kernel %s takes blocks of at most %u x 1 x 1 threads and got %u x %u x %u", name,
                  kernel->maximum_threads, block[0], block[1], block[2]);
  }
  for (int axis = 0; axis < 3; axis++) {
    const uint32_t most = axis == 0 ? 0x7fffffff : 65535;
    if (grid[axis] < 1 || grid[axis] > most)
      return report(
          message, capacity, SIGIL_BAD_LAUNCH,
          "kernel %s: a grid of %u x %u x %u blocks; sizes are 1 to 2147483647, 65535, 65535", name,
          grid[0], grid[1], grid[2]);
    if (cluster[axis] < 1 || grid[axis] % cluster[axis])
      return report(
          message, capacity, SIGIL_BAD_LAUNCH,
          "kernel %s: a grid of %u x %u x %u blocks is no multiple of clusters of %u x %u x %u",
          name, grid[0], grid[1], grid[2], cluster[0], cluster[1], cluster[2]);
  }
  const uint64_t cluster_size = uint64_t{cluster[0]} * cluster[1] * cluster[2];
  if (cluster_size > 8)
    return report(message, capacity, SIGIL_BAD_LAUNCH,
                  "kernel %s: clusters of %llu blocks; at most 8 are portable", name,
                  static_cast<unsigned long long>(cluster_size));
  if (launch.shared_bytes > maximum_shared_bytes)
    return report(message, capacity, SIGIL_BAD_LAUNCH,
                  "kernel %s: %llu bytes of shared memory; a block has at most %u", name,
                  static_cast<unsigned long long>(launch.shared_bytes), maximum_shared_bytes);
  to.kernel = kernel;
  to.launch = launch;
  to.launch.parameters = to.parameters;
  memcpy(to.parameters, launch.parameters, kernel->parameter_bytes);
  to.clusters = uint64_t{grid[0]} * grid[1] * grid[2] / cluster_size;
  return SIGIL_OK;
}

}  // namespace

void sigil_emulated_release() { drop_machines(); }

int sigil_emulated_launch_row(const char* const* kernels, const SigilLaunch* launches,
                              uint32_t count, char* message, size_t capacity) {
  Row row;
  for (uint32_t i = 0; i < count; i++) {
    if (const int wrong = prepare(row.add(), kernels[i], launches[i], message, capacity))
      return wrong;
  }
  install_signal_handlers();
  const FaultRecord* fault = count == 0 ? nullptr : row.run();
  if (fault) return report(message, capacity, fault->code, "%s", fault->text);
  if (message && capacity) message[0] = 0;
  return SIGIL_OK;
}

int sigil_emulated_launch(const char* name, const SigilLaunch* launch, char* message,
                          size_t capacity) {
  return sigil_emulated_launch_row(&name, launch, 1, message, capacity);
}
