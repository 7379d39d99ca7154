#include "launch.h"
#include <algorithm>
#include <cstring>

namespace sigil::cuda {

void encode_maps(const Driver& driver, Launch& launch) {
  for (const MapSpec& map : launch.maps) {
    TensorMap encoded{};
    const std::vector<uint32_t> steps(map.sizes.size(), 1);
    constexpr int no_interleave = 0, promote_to_256_bytes = 3, zeros_outside = 0;
    driver.check(driver.cuTensorMapEncodeTiled(
                     &encoded, map.type, static_cast<uint32_t>(map.sizes.size()),
                     reinterpret_cast<void*>(map.address), map.sizes.data(), map.strides.data(),
                     map.box.data(), steps.data(), no_interleave, map.swizzle, promote_to_256_bytes,
                     zeros_outside),
                 "cuTensorMapEncodeTiled", launch.about);
    std::memcpy(launch.parameters.data() + map.at, &encoded, sizeof encoded);
  }
}

std::vector<void*> addresses_of(const LoadedKernel& kernel, const Launch& launch) {
  const std::vector<size_t>& sizes = kernel.parameter_bytes;
  const auto refuse = [&](const std::string& wrong) {
    throw Failure{"handle", wrong, "", "launch", launch.about, 0};
  };
  if (!sizes.empty() && sizes.size() != launch.offsets.size())
    refuse("the kernel takes " + std::to_string(sizes.size()) + " parameters, received " +
           std::to_string(launch.offsets.size()));
  for (size_t i = 0; i < sizes.size(); i++)
    if (sizes[i] > launch.parameters.size() - launch.offsets[i])
      refuse("parameter " + std::to_string(i) + " ends behind the launch's parameters");
  std::vector<void*> addresses;
  for (const size_t offset : launch.offsets)
    addresses.push_back(const_cast<unsigned char*>(launch.parameters.data()) + offset);
  return addresses;
}

void send(const Driver& driver, const LoadedKernel& kernel, const Launch& launch, Stream stream) {
  std::vector<void*> parameters = addresses_of(kernel, launch);
  LaunchAttribute cluster{};
  cluster.id = attribute_cluster;
  cluster.value.cluster[0] = launch.cluster;
  cluster.value.cluster[1] = cluster.value.cluster[2] = 1;
  LaunchConfig config{{launch.grid[0], launch.grid[1], launch.grid[2]},
                      {launch.threads, 1, 1},
                      launch.shared_bytes,
                      stream,
                      &cluster,
                      launch.cluster > 0 ? 1u : 0u};
  driver.check(driver.cuLaunchKernelEx(&config, kernel.function, parameters.data(), nullptr),
               "cuLaunchKernelEx", launch.about);
}

}  // namespace sigil::cuda
