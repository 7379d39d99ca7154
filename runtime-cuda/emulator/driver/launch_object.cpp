#include "launch_object.h"
#include <chrono>
#include <cstring>
#include <thread>
#include "device_state.h"
#include "memory.h"
#include "record.h"
#include "settings.h"

namespace sigil::emulated {
namespace {

using namespace sigil::cuda;

std::string hexadecimal(const std::vector<char>& bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += digits[(byte >> 4) & 15];
    text += digits[byte & 15];
  }
  return text;
}

/// Every pointer that the kernel takes lies in live device memory.
std::string stale_pointer(const LaunchObject& launch) {
  for (size_t i = 0; i < launch.kernel->parameters.size(); i++) {
    const auto [offset, bytes] = launch.kernel->parameters[i];
    if (bytes != 8) continue;
    Pointer pointer = 0;
    std::memcpy(&pointer, launch.parameters.data() + offset, 8);
    if (!is_live(pointer, 1))
      return launch.kernel->name + ": parameter " + std::to_string(i) +
             " points at memory that is not allocated";
  }
  return "";
}

/// Whether a launch may run now; if not, why is the state's fault.
bool can_run(const LaunchObject& launch) {
  if (launch.kernel->image.expired()) {
    record_problem(launch.kernel->name + " was unloaded before it ran");
    state().set_fault(launch_failed, launch.kernel->name + " was unloaded before it ran");
    return false;
  }
  if (const std::string stale = stale_pointer(launch); !stale.empty()) {
    record_problem(stale);
    state().set_fault(illegal_address, stale);
    return false;
  }
  if (const int64_t milliseconds = number_setting("SLOW", 0))
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  const Status status = injected("launch:" + launch.kernel->name);
  if (status != success) state().set_fault(status, "");
  return status == success;
}

SigilLaunch request_of(const LaunchObject& launch) {
  SigilLaunch request{};
  const unsigned cluster[3] = {launch.cluster == 0 ? 1 : launch.cluster, 1, 1};
  for (int i = 0; i < 3; i++) {
    request.grid[i] = launch.grid[i];
    request.block[i] = launch.block[i];
    request.cluster[i] = cluster[i];
  }
  request.shared_bytes = launch.shared_bytes;
  request.parameters = launch.parameters.data();
  request.parameter_bytes = launch.parameters.size();
  request.seed = static_cast<uint64_t>(number_setting("SEED", 1));
  request.watchdog_steps = static_cast<uint64_t>(number_setting("WATCHDOG", 0));
  return request;
}

/// Launches of one image, each after the one before by a programmatic edge; those ahead of one that
/// cannot run do.
void run_row(const std::vector<LaunchObject>& launches) {
  std::vector<std::shared_ptr<ImageObject>> held;
  std::vector<const char*> kernels;
  std::vector<SigilLaunch> requests;
  for (const LaunchObject& launch : launches) {
    held.push_back(launch.kernel->image.lock());
    if (!can_run(launch)) break;
    kernels.push_back(launch.kernel->name.c_str());
    requests.push_back(request_of(launch));
  }
  const auto run = launches.front().kernel->launch_row;
  if (!run || kernels.empty()) return;
  char message[4096] = "";
  if (run(kernels.data(), requests.data(), static_cast<uint32_t>(kernels.size()), message,
          sizeof message) != SIGIL_OK)
    state().set_fault(launch_failed, message);
}

}  // namespace

Status make_launch(LaunchObject* launch, Function function, const unsigned grid[3],
                   const unsigned block[3], unsigned shared_bytes, void** parameters,
                   void** extra) {
  const auto kernel = state().kernels.find(reinterpret_cast<Kernel>(function));
  if (!kernel || kernel->image.expired()) {
    record_problem("a launch of a kernel that is not loaded");
    return invalid_handle;
  }
  if (extra != nullptr || (parameters == nullptr && !kernel->parameters.empty())) {
    record_problem(kernel->name + ": parameters are not passed one by one");
    return invalid_value;
  }
  std::vector<char> values(kernel->parameter_bytes);
  for (size_t i = 0; i < kernel->parameters.size(); i++) {
    const auto [offset, bytes] = kernel->parameters[i];
    std::memcpy(values.data() + offset, parameters[i], bytes);
  }
  constexpr unsigned most_x = 0x7fffffff, most_yz = 65535, most_threads = 1024;
  if (grid[0] == 0 || grid[1] == 0 || grid[2] == 0 || grid[0] > most_x || grid[1] > most_yz ||
      grid[2] > most_yz || block[0] * block[1] * block[2] == 0 ||
      block[0] * block[1] * block[2] > most_threads) {
    record_problem(kernel->name + ": a grid or block that no card runs");
    return invalid_value;
  }
  if (shared_bytes > static_cast<unsigned>(kernel->most_dynamic_shared_bytes)) {
    record_problem(kernel->name + ": " + std::to_string(shared_bytes) +
                   " bytes of shared memory, " + std::to_string(kernel->most_dynamic_shared_bytes) +
                   " are allowed");
    return invalid_value;
  }
  *launch = {kernel,
             {grid[0], grid[1], grid[2]},
             {block[0], block[1], block[2]},
             0,
             shared_bytes,
             std::move(values)};
  add_member(member("kernel", kernel->name) +
             member("grid", std::to_string(grid[0]) + "x" + std::to_string(grid[1]) + "x" +
                                std::to_string(grid[2])) +
             member("threads", block[0]) + member("shared", shared_bytes) +
             member("parameters", hexadecimal(launch->parameters)));
  return success;
}

Status check_cluster(const LaunchObject& launch) {
  add_member(member("cluster", launch.cluster));
  if (launch.cluster <= 8 && (launch.cluster == 0 || launch.grid[0] % launch.cluster == 0))
    return success;
  record_problem(launch.kernel->name + ": a cluster of " + std::to_string(launch.cluster) +
                 " does not divide the grid");
  return invalid_value;
}

void run_launches(const std::vector<LaunchObject>& launches) {
  for (size_t begin = 0, end; begin < launches.size(); begin = end) {
    for (end = begin + 1; end < launches.size() && launches[end].programmatic &&
                          launches[end].kernel->launch_row == launches[begin].kernel->launch_row;
         end++) {
    }
    if (state().fault() != success) return;
    run_row({launches.begin() + static_cast<std::ptrdiff_t>(begin),
             launches.begin() + static_cast<std::ptrdiff_t>(end)});
  }
}

}  // namespace sigil::emulated
