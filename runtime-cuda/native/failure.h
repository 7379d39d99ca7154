// What goes wrong below the driver's interface, on its way to a JavaScript error.
#pragma once
#include <string>

namespace sigil::cuda {

struct Failure {
  /// "driver" for what a call of the driver says; else "no-driver", "driver-too-old", "image",
  /// "closed", "out-of-memory" of this machine, or "handle" for what is nothing of the device.
  std::string code;
  /// The driver's own text, or what is wrong.
  std::string message;
  /// CUDA_ERROR_...
  std::string name;
  /// cuMemAlloc, for one.
  std::string call;
  /// The kernel, buffer or program concerned.
  std::string about;
  int status = 0;
};

}  // namespace sigil::cuda
