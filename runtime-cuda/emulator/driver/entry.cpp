// What the shared object exports: the ways in that a driver of CUDA 12 has. Everything else is
// asked for by name.
#include <atomic>
#include <cstring>
#include <map>
#include "calls.h"
#include "device_state.h"
#include "record.h"
#include "settings.h"

namespace sigil::emulated {
namespace {

using namespace sigil::cuda;

enum CallIndex {
#define SIGIL_INDEX(name, version, parameters) index_##name,
  SIGIL_DRIVER_CALLS(SIGIL_INDEX) SIGIL_OPTIONAL_DRIVER_CALLS(SIGIL_INDEX)
#undef SIGIL_INDEX
      call_count
};

struct Call {
  const char* name;
  int version;
  /// Calls that need no context, and cleaning up, which a fault does not hinder.
  bool free_standing;
};

bool is_free_standing(const char* name) {
  return std::strstr(name, "cuDevice") || std::strstr(name, "cuGetError") ||
         std::strstr(name, "Destroy") || std::strstr(name, "Free") || std::strstr(name, "Unload") ||
         !std::strcmp(name, "cuInit") || !std::strcmp(name, "cuCtxSetCurrent");
}

const Call calls_by_index[] = {
#define SIGIL_CALL(name, version, parameters) {#name, version, is_free_standing(#name)},
    SIGIL_DRIVER_CALLS(SIGIL_CALL) SIGIL_OPTIONAL_DRIVER_CALLS(SIGIL_CALL)
#undef SIGIL_CALL
};

std::atomic<int> counts[call_count];

/// Whether a call may go ahead: what injection, initialization, contexts and an earlier fault say.
Status before(int index) {
  const Call& call = calls_by_index[index];
  if (index == index_cuInit)
    for (auto& count : counts) count = 0;
  if (const Status status =
          injected(std::string(call.name) + ":" + std::to_string(++counts[index])))
    return status;
  if (index != index_cuInit && index != index_cuGetErrorName && index != index_cuGetErrorString &&
      !state().initialized)
    return not_initialized;
  if (call.free_standing) return success;
  if (!has_context()) {
    record_problem(std::string(call.name) + " on a thread without a context");
    return invalid_context;
  }
  return state().fault();
}

/// A call as it is handed out: injected failures, the call itself, the record.
template <int index, auto implementation, typename F = decltype(implementation)>
struct Recorded;

template <int index, auto implementation, typename... Parameters>
struct Recorded<index, implementation, Status (*)(Parameters...)> {
  static Status call(Parameters... parameters) {
    Status status = before(index);
    if (status == success) status = implementation(parameters...);
    record_call(calls_by_index[index].name, status, take_members());
    return status;
  }
};

const std::map<std::string, void*>& addresses() {
  static const std::map<std::string, void*> all = {
#define SIGIL_ADDRESS(name, version, parameters) \
  {#name, reinterpret_cast<void*>(&Recorded<index_##name, &calls::name>::call)},
      SIGIL_DRIVER_CALLS(SIGIL_ADDRESS) SIGIL_OPTIONAL_DRIVER_CALLS(SIGIL_ADDRESS)
#undef SIGIL_ADDRESS
  };
  return all;
}

int version_of(const std::string& name) {
  for (const Call& call : calls_by_index)
    if (name == call.name) return call.version;
  return 0;
}

}  // namespace
}  // namespace sigil::emulated

extern "C" {

__attribute__((visibility("default"))) int cuDriverGetVersion(int* version) {
  *version = static_cast<int>(sigil::emulated::number_setting("VERSION", 12080));
  return sigil::cuda::success;
}

__attribute__((visibility("default"))) int cuGetProcAddress_v2(const char* symbol, void** address,
                                                               int version, uint64_t, int* state) {
  using namespace sigil::emulated;
  int own = 0;
  cuDriverGetVersion(&own);
  // No driver knows what comes after it.
  if (version > own) return sigil::cuda::invalid_value;
  const auto found = addresses().find(symbol);
  if (found == addresses().end() || listed("MISSING", symbol)) {
    *address = nullptr;
    if (state) *state = sigil::cuda::lookup_not_found;
    return sigil::cuda::not_found;
  }
  const bool enough = version >= version_of(symbol);
  *address = enough ? found->second : nullptr;
  if (state) *state = enough ? 0 : sigil::cuda::lookup_version_not_sufficient;
  return sigil::cuda::success;
}

/// Sigil's own: what the launch that failed says of itself.
__attribute__((visibility("default"))) const char* sigil_emulated_fault() {
  thread_local std::string text;
  text = sigil::emulated::state().fault_text();
  return text.c_str();
}
}
