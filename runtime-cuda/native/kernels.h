// Images of kernels and the kernels taken from them, by number.
#pragma once
#include <map>
#include <string>
#include <vector>
#include "driver.h"

namespace sigil::cuda {

struct LoadedKernel {
  Function function;
  std::string name;
  /// What the driver made of the kernel.
  int registers, local_bytes, static_shared_bytes, ptx_version, binary_version;
  /// Bytes of each parameter; empty where the driver is older than CUDA 12.4 and does not say.
  std::vector<size_t> parameter_bytes;
};

struct LoadedImage {
  int id;
  /// What the driver's compiler said of PTX; empty where a binary was taken as it is.
  std::string log;
};

class KernelSet {
 public:
  KernelSet(const Driver& driver, DeviceOrdinal device) : driver_(driver), device_(device) {}

  /// Loads an image. Throws Failure, with the log of the driver's compiler if it wrote one.
  LoadedImage load(const void* image, const std::string& about);
  /// Takes a kernel and lets it have `shared_bytes` of dynamic shared memory.
  int take(int image, const std::string& name, int shared_bytes);
  /// Throws Failure "handle" for a number that is not a kernel.
  const LoadedKernel& kernel(int id) const;
  /// An image and its kernels.
  void unload(int image);
  void clear();

 private:
  struct Image {
    Library library;
    std::map<int, LoadedKernel> kernels;
  };

  std::vector<size_t> parameter_bytes_of(Kernel kernel, const std::string& name) const;

  const Driver& driver_;
  DeviceOrdinal device_;
  std::map<int, Image> images_;
  int next_ = 1;
};

}  // namespace sigil::cuda
