// The driver's library, opened at run time, and its calls.
#pragma once
#include <string>
#include <vector>
#include "driver_calls.h"
#include "failure.h"

namespace sigil::cuda {

class Driver {
 public:
  /// Opens the first of `paths` that loads and resolves every call but the optional ones, which may
  /// stay null. Throws Failure: "no-driver", "driver-too-old", or what cuInit says.
  explicit Driver(const std::vector<std::string>& paths);
  Driver(const Driver&) = delete;

#define SIGIL_MEMBER(name, version, parameters) Status(*name) parameters = nullptr;
  SIGIL_DRIVER_CALLS(SIGIL_MEMBER)
  SIGIL_OPTIONAL_DRIVER_CALLS(SIGIL_MEMBER)
#undef SIGIL_MEMBER

  /// What was opened.
  const std::string& path() const { return path_; }
  /// As the driver says it: 12040 is CUDA 12.4.
  int version() const { return version_; }
  /// Whether edges of graphs may be programmatic: CUDA 12.3.
  bool has_programmatic_edges() const { return cuGraphAddDependencies != nullptr; }
  /// Throws the Failure of a status other than success. `call` made it, for `about` (a kernel, a
  /// buffer).
  void check(Status status, const char* call, const std::string& about = "") const;

 private:
  void open(const std::vector<std::string>& paths);
  void resolve();

  void* library_ = nullptr;
  std::string path_;
  int version_ = 0;
  /// The emulated driver's: what went wrong in the last launch that failed, in its own words.
  const char* (*fault_)() = nullptr;
};

}  // namespace sigil::cuda
