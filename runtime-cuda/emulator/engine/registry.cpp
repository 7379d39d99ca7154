// The kernels of this shared object, as SIGIL_EXPORT lists them while it is loaded.
#include "engine/registry.h"

#include <cstring>

#include "engine/launch.h"

namespace sigil::emulator {

namespace {
const Kernel* first_kernel = nullptr;
}

void register_kernel(Kernel& kernel) {
  kernel.next = first_kernel;
  first_kernel = &kernel;
}

const Kernel* find_kernel(const char* name) {
  for (const Kernel* kernel = first_kernel; kernel; kernel = kernel->next) {
    if (name && strcmp(kernel->name, name) == 0) return kernel;
  }
  return nullptr;
}

}  // namespace sigil::emulator

using namespace sigil::emulator;

int sigil_emulated_kernel_count(void) {
  int count = 0;
  for (const Kernel* kernel = first_kernel; kernel; kernel = kernel->next) count++;
  return count;
}
const char* sigil_emulated_kernel_name(int index) {
  const Kernel* kernel = index < 0 ? nullptr : first_kernel;
  for (; kernel && index > 0; index--) kernel = kernel->next;
  return kernel ? kernel->name : nullptr;
}
int sigil_emulated_kernel_parameters(const char* name, uint32_t* bytes, uint32_t* maximum_threads) {
  const Kernel* kernel = find_kernel(name);
  if (!kernel) return -1;
  if (bytes) *bytes = kernel->parameter_bytes;
  if (maximum_threads) *maximum_threads = kernel->maximum_threads;
  return static_cast<int>(kernel->parameter_count);
}
int sigil_emulated_kernel_parameter(const char* name, int index, SigilParameter* parameter) {
  const Kernel* kernel = find_kernel(name);
  if (!kernel || index < 0 || index >= static_cast<int>(kernel->parameter_count)) return -1;
  const auto& found = kernel->parameters[index];
  *parameter = {found.offset, found.bytes, found.alignment};
  return 0;
}
