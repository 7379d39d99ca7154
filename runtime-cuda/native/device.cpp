#include "device.h"
#include <iterator>
#include "host_memory.h"

namespace sigil::cuda {

std::vector<DeviceInfo> list_devices(const Driver& driver) {
  int count = 0;
  driver.check(driver.cuDeviceGetCount(&count), "cuDeviceGetCount");
  std::vector<DeviceInfo> devices;
  for (int ordinal = 0; ordinal < count; ordinal++) {
    const std::string about = "device " + std::to_string(ordinal);
    DeviceOrdinal device = 0;
    driver.check(driver.cuDeviceGet(&device, ordinal), "cuDeviceGet", about);
    char name[256] = "";
    driver.check(driver.cuDeviceGetName(name, sizeof name, device), "cuDeviceGetName", about);
    const auto attribute = [&](int which) {
      int value = 0;
      driver.check(driver.cuDeviceGetAttribute(&value, which, device), "cuDeviceGetAttribute",
                   about);
      return value;
    };
    size_t bytes = 0;
    driver.check(driver.cuDeviceTotalMem(&bytes, device), "cuDeviceTotalMem", about);
    devices.push_back({name, attribute(capability_major), attribute(capability_minor),
                       attribute(multiprocessors), attribute(shared_bytes_per_block), bytes});
  }
  return devices;
}

Device::Device(std::shared_ptr<const Driver> driver, int ordinal, std::shared_ptr<PinnedPool> pool)
    : driver_(std::move(driver)), pool_(std::move(pool)) {
  try {
    const std::string about = "device " + std::to_string(ordinal);
    driver_->check(driver_->cuDeviceGet(&device_, ordinal), "cuDeviceGet", about);
    driver_->check(driver_->cuDevicePrimaryCtxRetain(&context_, device_),
                   "cuDevicePrimaryCtxRetain", about);
    driver_->check(driver_->cuCtxSetCurrent(context_), "cuCtxSetCurrent", about);
    driver_->check(driver_->cuStreamCreate(&stream_, stream_non_blocking), "cuStreamCreate", about);
    staging_ = std::make_unique<Staging>(*driver_, pool_->block_bytes());
    pool_->open(*driver_);
    kernels_ = std::make_unique<KernelSet>(*driver_, device_);
  } catch (...) {
    close();
    throw;
  }
}

Device::~Device() { close(); }

void Device::close() {
  // After a fault every call fails, and there is nothing to be done about it: the process gives the
  // memory back.
  if (stream_) driver_->cuStreamSynchronize(stream_);
  graphs_.clear();
  if (kernels_) kernels_->clear();
  for (const auto& [pointer, _] : memory_) driver_->cuMemFree(pointer);
  memory_.clear();
  staging_.reset();
  pool_->close();
  if (stream_) driver_->cuStreamDestroy(stream_);
  if (context_) driver_->cuDevicePrimaryCtxRelease(device_);
  stream_ = nullptr;
  context_ = nullptr;
}

Pointer Device::allocate(size_t bytes, const std::string& about) {
  Pointer pointer = 0;
  const Status status = driver_->cuMemAlloc(&pointer, bytes);
  size_t free = 0, total = 0;
  if (status == out_of_memory) driver_->cuMemGetInfo(&free, &total);
  driver_->check(
      status, "cuMemAlloc",
      about + " (" + std::to_string(bytes) + " bytes" +
          (total > 0 ? ", " + std::to_string(free) + " of " + std::to_string(total) + " free"
                     : "") +
          ")");
  memory_[pointer] = bytes;
  return pointer;
}

void Device::free(Pointer pointer) {
  if (memory_.erase(pointer) == 0)
    throw Failure{"handle", "there is no such buffer", "", "cuMemFree", "", 0};
  driver_->check(driver_->cuMemFree(pointer), "cuMemFree");
}

void Device::require(Pointer pointer, size_t bytes, const std::string& about) const {
  const auto after = memory_.upper_bound(pointer);
  if (after != memory_.begin()) {
    const auto& [begin, size] = *std::prev(after);
    if (pointer - begin <= size && bytes <= size - (pointer - begin)) return;
  }
  throw Failure{
      "handle", std::to_string(bytes) + " bytes are not within one buffer", "", "copy", about, 0};
}

void Device::copy_to_device(const Upload& upload) {
  require(upload.device, upload.bytes(), upload.about);
  Pointer at = upload.device;
  for (const HostPiece& piece : upload.pieces) {
    if (piece.pinned)
      driver_->check(driver_->cuMemcpyHtoDAsync(at, piece.memory.get(), piece.bytes, stream_),
                     "cuMemcpyHtoDAsync", upload.about);
    else
      staging_->upload(at, piece.memory.get(), piece.bytes, stream_, upload.about);
    at += piece.bytes;
  }
}

void Device::upload(const std::vector<Upload>& uploads) {
  for (const Upload& each : uploads) copy_to_device(each);
}

void Device::launch(std::vector<Launch> launches) {
  for (Launch& launch : launches) {
    encode_maps(*driver_, launch);
    send(*driver_, kernels_->kernel(launch.kernel), launch, stream_);
  }
  driver_->check(driver_->cuStreamSynchronize(stream_), "cuStreamSynchronize",
                 launches.empty() ? "" : launches.front().about + " to " + launches.back().about);
}

int Device::add_graph(std::vector<Launch> launches) {
  graphs_[next_graph_] =
      std::make_unique<LaunchGraph>(*driver_, *kernels_, std::move(launches), stream_);
  return next_graph_++;
}

LaunchGraph& Device::graph(int id) {
  const auto found = graphs_.find(id);
  if (found == graphs_.end() || !found->second)
    throw Failure{"handle", "there is no such graph", "", "cuGraphLaunch", "", 0};
  return *found->second;
}

void Device::update_graph(int id, std::vector<Launch> launches) {
  graph(id).update(std::move(launches));
}

void Device::drop_graph(int id) { graphs_.erase(id); }

RunResult Device::run(int id, const std::vector<Upload>& uploads,
                      const std::vector<Download>& downloads, bool timed,
                      const std::string& about) {
  LaunchGraph& launches = graph(id);
  try {
    return run(launches, uploads, downloads, timed, about);
  } catch (...) {
    // The uploads' memory is used again once they are gone, so no copy may be under way.
    driver_->cuStreamSynchronize(stream_);
    throw;
  }
}

RunResult Device::run(LaunchGraph& launches, const std::vector<Upload>& uploads,
                      const std::vector<Download>& downloads, bool timed,
                      const std::string& about) {
  RunResult result;
  for (const auto& [device, bytes, what] : downloads) {
    require(device, bytes, what);
    result.downloads.push_back({host_memory(bytes), bytes});
  }
  for (const Upload& each : uploads) copy_to_device(each);
  if (timed)
    result.times = launches.time(stream_);
  else
    launches.run(stream_);
  // While the kernels run.
  pool_->grow();
  for (size_t i = 0; i < downloads.size(); i++) {
    const auto& [device, bytes, what] = downloads[i];
    staging_->download(result.downloads[i].memory.get(), device, bytes, stream_, what);
  }
  driver_->check(driver_->cuStreamSynchronize(stream_), "cuStreamSynchronize", about);
  return result;
}

std::vector<float> Device::repeat(int id, size_t count, const std::string& about) {
  return graph(id).repeat(stream_, count, about);
}

}  // namespace sigil::cuda
