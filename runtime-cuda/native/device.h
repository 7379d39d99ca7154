// A device and all that a session has there. Every function runs on the device's worker.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>
#include "graph.h"
#include "kernels.h"
#include "staging.h"
#include "upload.h"

namespace sigil::cuda {

struct DeviceInfo {
  std::string name;
  int major, minor, multiprocessors, shared_bytes_per_block;
  size_t memory_bytes;
};

/// Every device of the driver, without opening any.
std::vector<DeviceInfo> list_devices(const Driver& driver);

/// What is to be read from a place on the device.
struct Download {
  Pointer device;
  size_t bytes;
  std::string about;
};

/// What was read.
struct Downloaded {
  std::shared_ptr<unsigned char> memory;
  size_t bytes;
};

struct RunResult {
  /// Microseconds of each launch, if they were asked for.
  std::vector<float> times;
  /// As many bytes as each download asked for.
  std::vector<Downloaded> downloads;
};

class Device {
 public:
  /// Retains the primary context, which other libraries in the process share. Opens the pool, which
  /// no other device has, and closes it in the end. Throws Failure; nothing stays.
  Device(std::shared_ptr<const Driver> driver, int ordinal, std::shared_ptr<PinnedPool> pool);
  Device(const Device&) = delete;
  /// Frees everything that was not freed before.
  ~Device();

  Pointer allocate(size_t bytes, const std::string& about);
  void free(Pointer pointer);
  /// Not from pinned memory, since the copies may be under way on return.
  void upload(const std::vector<Upload>& uploads);
  /// Runs launches that need no graph and waits for them.
  void launch(std::vector<Launch> launches);

  int add_graph(std::vector<Launch> launches);
  void update_graph(int id, std::vector<Launch> launches);
  void drop_graph(int id);
  /// Uploads, the graph's launches, downloads; waits for all. With `timed`, the launches one by
  /// one, and microseconds of each.
  RunResult run(int graph, const std::vector<Upload>& uploads,
                const std::vector<Download>& downloads, bool timed, const std::string& about);

  /// The graph `count` times on what the device holds, without transfers. Returns microseconds of
  /// each.
  std::vector<float> repeat(int graph, size_t count, const std::string& about);

  KernelSet& kernels() { return *kernels_; }

 private:
  LaunchGraph& graph(int id);
  RunResult run(LaunchGraph& launches, const std::vector<Upload>& uploads,
                const std::vector<Download>& downloads, bool timed, const std::string& about);
  /// Puts copies into the stream.
  void copy_to_device(const Upload& upload);
  /// Throws Failure "handle" for bytes that are not within one allocation: the driver would reach
  /// into whatever of the process lies there.
  void require(Pointer pointer, size_t bytes, const std::string& about) const;
  void close();

  std::shared_ptr<const Driver> driver_;
  DeviceOrdinal device_ = 0;
  Context context_ = nullptr;
  Stream stream_ = nullptr;
  std::shared_ptr<PinnedPool> pool_;
  std::unique_ptr<Staging> staging_;
  std::unique_ptr<KernelSet> kernels_;
  std::map<int, std::unique_ptr<LaunchGraph>> graphs_;
  std::map<Pointer, size_t> memory_;
  int next_graph_ = 1;
};

}  // namespace sigil::cuda
