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

PackedParameters::PackedParameters(const Launch& launch)
    : bytes_(launch.parameters.size()),
      list_{parameters_buffer, const_cast<unsigned char*>(launch.parameters.data()),
            parameters_bytes, &bytes_, parameters_end} {}

void send(const Driver& driver, Function function, const Launch& launch, Stream stream) {
  PackedParameters parameters(launch);
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
  driver.check(driver.cuLaunchKernelEx(&config, function, nullptr, parameters.list()),
               "cuLaunchKernelEx", launch.about);
}

}  // namespace sigil::cuda
