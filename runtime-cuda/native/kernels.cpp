#include "kernels.h"

namespace sigil::cuda {

LoadedImage KernelSet::load(const void* image, const std::string& about) {
  std::string info(8192, '\0'), error(8192, '\0');
  int options[] = {info_log, info_log_bytes, error_log, error_log_bytes, log_verbose};
  void* values[] = {info.data(), reinterpret_cast<void*>(info.size()), error.data(),
                    reinterpret_cast<void*>(error.size()), reinterpret_cast<void*>(1)};
  Library library = nullptr;
  const Status status =
      driver_.cuLibraryLoadData(&library, image, options, values, 5, nullptr, nullptr, 0);
  const std::string said = error.c_str();
  driver_.check(status, "cuLibraryLoadData", about + (said.empty() ? "" : ": " + said));
  images_[next_] = {library, {}};
  return {next_++, info.c_str()};
}

int KernelSet::take(int image, const std::string& name, int shared_bytes) {
  const auto found = images_.find(image);
  if (found == images_.end())
    throw Failure{"handle", "there is no such image", "", "cuLibraryGetKernel", name, 0};
  Kernel kernel = nullptr;
  driver_.check(driver_.cuLibraryGetKernel(&kernel, found->second.library, name.c_str()),
                "cuLibraryGetKernel", name);
  LoadedKernel taken{nullptr, name, 0, 0, 0, 0, 0, parameter_bytes_of(kernel, name)};
  // Without the attribute a kernel may have 48 KiB.
  driver_.check(driver_.cuKernelSetAttribute(dynamic_shared_bytes, shared_bytes, kernel, device_),
                "cuKernelSetAttribute", name);
  driver_.check(driver_.cuKernelGetFunction(&taken.function, kernel), "cuKernelGetFunction", name);
  const auto read = [&](int attribute) {
    int value = 0;
    driver_.check(driver_.cuKernelGetAttribute(&value, attribute, kernel, device_),
                  "cuKernelGetAttribute", name);
    return value;
  };
  taken.registers = read(registers);
  taken.local_bytes = read(local_bytes);
  taken.static_shared_bytes = read(static_shared_bytes);
  taken.ptx_version = read(ptx_version);
  taken.binary_version = read(binary_version);
  found->second.kernels[next_] = taken;
  return next_++;
}

std::vector<size_t> KernelSet::parameter_bytes_of(Kernel kernel, const std::string& name) const {
  std::vector<size_t> sizes;
  if (!driver_.cuKernelGetParamInfo) return sizes;
  for (size_t offset = 0, bytes = 0;; sizes.push_back(bytes)) {
    const Status status = driver_.cuKernelGetParamInfo(kernel, sizes.size(), &offset, &bytes);
    // So the driver says that there are no more.
    if (status == invalid_value) return sizes;
    driver_.check(status, "cuKernelGetParamInfo", name);
  }
}

const LoadedKernel& KernelSet::kernel(int id) const {
  for (const auto& [_, image] : images_) {
    const auto found = image.kernels.find(id);
    if (found != image.kernels.end()) return found->second;
  }
  throw Failure{"handle", "there is no such kernel", "", "launch", "", 0};
}

void KernelSet::unload(int image) {
  const auto found = images_.find(image);
  if (found == images_.end()) return;
  driver_.cuLibraryUnload(found->second.library);
  images_.erase(found);
}

void KernelSet::clear() {
  for (const auto& [_, image] : images_) driver_.cuLibraryUnload(image.library);
  images_.clear();
}

}  // namespace sigil::cuda
