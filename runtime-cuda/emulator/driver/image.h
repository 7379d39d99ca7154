// What cuLibraryLoadData takes here: a shared object of emulated kernels, or a text of kernels that
// do nothing.
//
//   sigil-null-image 1
//   capability 90             optional: the only one that it is for
//   ptx 8.5                   optional: what its PTX would need; above 8.4 is refused, as a driver
//                             of CUDA 12.4 does
//   kernel gemm_0 8 8 4 64    a name, and the bytes of its parameters, each aligned to its size; 64
//                             is a tensor map, 16 bytes before a multiple of that
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>
#include "../../native/cuda_types.h"
#include "../engine/launch.h"

namespace sigil::emulated {

struct Parameter {
  size_t offset, bytes;
};

struct KernelObject {
  std::string name;
  std::vector<Parameter> parameters;
  size_t parameter_bytes = 0;
  /// Null for a kernel that does nothing.
  decltype(&sigil_emulated_launch_row) launch_row = nullptr;
  int most_dynamic_shared_bytes = 48 << 10;
  /// The image that it is part of; a kernel of an unloaded image must not be used.
  std::weak_ptr<struct ImageObject> image;
};

struct ImageObject {
  std::map<std::string, std::shared_ptr<KernelObject>> kernels;
  std::map<std::string, cuda::Kernel> handles;
  decltype(&sigil_emulated_tensor_map) encode = nullptr;
  /// Null for an image of kernels that do nothing.
  decltype(&sigil_emulated_release) release = nullptr;
};

/// Reads an image, of which CUDA too is told no length. Returns a status; `log` says what is wrong.
cuda::Status open_image(const void* code, std::shared_ptr<ImageObject>* image, std::string* log);

}  // namespace sigil::emulated
