#include "driver.h"
#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace sigil::cuda {
namespace {

/// CUDA 12.0, the first with cuLibraryLoadData and cuTensorMapEncodeTiled; driver 525.
constexpr int minimum_version = 12000;

#ifdef _WIN32
void* open_library(const char* path) { return reinterpret_cast<void*>(LoadLibraryA(path)); }
void* symbol_of(void* library, const char* name) {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
}
std::string why() { return "error " + std::to_string(GetLastError()); }
#else
void* open_library(const char* path) { return dlopen(path, RTLD_NOW | RTLD_LOCAL); }
void* symbol_of(void* library, const char* name) { return dlsym(library, name); }
std::string why() {
  const char* text = dlerror();
  return text ? text : "unknown";
}
#endif

std::string show_version(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace

Driver::Driver(const std::vector<std::string>& paths) {
  open(paths);
  resolve();
  check(cuInit(0), "cuInit");
}

void Driver::open(const std::vector<std::string>& paths) {
  std::string reasons;
  for (const std::string& path : paths) {
    library_ = open_library(path.c_str());
    if (library_) {
      path_ = path;
      return;
    }
    reasons += (reasons.empty() ? "" : "; ") + why();
  }
  throw Failure{"no-driver", reasons, "", "dlopen", "", 0};
}

void Driver::resolve() {
  // A driver's library stays open for as long as the process lives: it has threads of its own.
  auto version_of = reinterpret_cast<Status (*)(int*)>(symbol_of(library_, "cuDriverGetVersion"));
  if (!version_of)
    throw Failure{"no-driver", path_ + " has no cuDriverGetVersion: it is not a CUDA driver",
                  "",          "cuDriverGetVersion",
                  "",          0};
  version_of(&version_);
  if (version_ < minimum_version)
    throw Failure{"driver-too-old",
                  "the driver is of CUDA " + show_version(version_) + ", expected 12.0 or newer",
                  "",
                  "cuDriverGetVersion",
                  "",
                  version_};
  using Lookup = Status (*)(const char*, void**, int, uint64_t, int*);
  auto lookup = reinterpret_cast<Lookup>(symbol_of(library_, "cuGetProcAddress_v2"));
  if (!lookup)
    throw Failure{
        "driver-too-old", path_ + " has no cuGetProcAddress_v2", "", "cuGetProcAddress", "",
        version_};
  auto find = [&](const char* name, int version) -> void* {
    void* found = nullptr;
    int state = 0;
    const Status status = lookup(name, &found, version, 0, &state);
    if (status == success && found && state == 0) return found;
    const char* reason =
        state == lookup_version_not_sufficient ? " only with another version's meaning" : "";
    throw Failure{"driver-too-old",
                  std::string("the driver has ") + (*reason ? "" : "no ") + name + reason +
                      " (of CUDA " + show_version(version) + ")",
                  "",
                  "cuGetProcAddress",
                  name,
                  version_};
  };
#define SIGIL_RESOLVE(name, version, parameters) \
  name = reinterpret_cast<decltype(name)>(find(#name, version));
  SIGIL_DRIVER_CALLS(SIGIL_RESOLVE)
#undef SIGIL_RESOLVE
  // Asked only of drivers that know the version: an older one may give the meaning that it has,
  // with other parameters.
  auto find_newer = [&](const char* name, int version) -> void* {
    void* found = nullptr;
    int state = 0;
    return version_ >= version && lookup(name, &found, version, 0, &state) == success && state == 0
               ? found
               : nullptr;
  };
#define SIGIL_RESOLVE(name, version, parameters) \
  name = reinterpret_cast<decltype(name)>(find_newer(#name, version));
  SIGIL_OPTIONAL_DRIVER_CALLS(SIGIL_RESOLVE)
#undef SIGIL_RESOLVE
  fault_ = reinterpret_cast<const char* (*)()>(symbol_of(library_, "sigil_emulated_fault"));
}

void Driver::check(Status status, const char* call, const std::string& about) const {
  if (status == success) return;
  const char* name = nullptr;
  const char* text = nullptr;
  if (cuGetErrorName) cuGetErrorName(status, &name);
  if (cuGetErrorString) cuGetErrorString(status, &text);
  std::string message = text ? text : "a status that the driver has no text for";
  const char* fault = fault_ ? fault_() : nullptr;
  if (fault && *fault) message += std::string(": ") + fault;
  throw Failure{"driver", message, name ? name : "CUDA_ERROR_" + std::to_string(status),
                call,     about,   status};
}

}  // namespace sigil::cuda
