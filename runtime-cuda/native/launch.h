// One launch of a kernel: what the driver needs of it, and how it is passed.
#pragma once
#include <string>
#include <vector>
#include "driver.h"

namespace sigil::cuda {

/// A tensor map among the parameters; encoded where the launch is sent, since the driver writes it.
struct MapSpec {
  /// Byte offset among the parameters.
  size_t at;
  Pointer address;
  int type;
  int swizzle;
  /// Elements, innermost first.
  std::vector<uint64_t> sizes;
  /// Bytes, of all but the innermost.
  std::vector<uint64_t> strides;
  std::vector<uint32_t> box;
};

struct Launch {
  int kernel;
  unsigned grid[3];
  unsigned threads;
  /// Blocks of a cluster along x; 0 for none.
  unsigned cluster;
  unsigned shared_bytes;
  /// Whether a graph may start it before the launch ahead has ended: its kernel waits for that
  /// itself.
  bool programmatic;
  /// As the kernel reads them, each at its alignment.
  std::vector<unsigned char> parameters;
  std::vector<MapSpec> maps;
  /// The kernel's name and where it comes from, for errors.
  std::string about;
};

/// Writes the launch's tensor maps into its parameters.
void encode_maps(const Driver& driver, Launch& launch);

/// The list by which parameters are passed packed; points into the launch.
class PackedParameters {
 public:
  explicit PackedParameters(const Launch& launch);
  PackedParameters(const PackedParameters&) = delete;
  void** list() { return list_; }

 private:
  size_t bytes_;
  void* list_[5];
};

/// Sends a launch to a stream.
void send(const Driver& driver, Function function, const Launch& launch, Stream stream);

}  // namespace sigil::cuda
