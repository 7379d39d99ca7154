// One launch of a kernel: what the driver needs of it, and how it is passed.
#pragma once
#include <string>
#include <vector>
#include "driver.h"
#include "kernels.h"

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
  /// Values of the kernel's parameters, and where each begins.
  std::vector<unsigned char> parameters;
  std::vector<size_t> offsets;
  std::vector<MapSpec> maps;
  /// The kernel's name and where it comes from, for errors.
  std::string about;
};

/// Writes the launch's tensor maps into its parameters.
void encode_maps(const Driver& driver, Launch& launch);

/// The address of each parameter, in the launch. The driver copies from there to where the kernel
/// reads it: a compiler decides that, and the natural alignment of a tensor map is not its place.
/// Throws Failure "handle" where the kernel takes other parameters, which the driver cannot tell.
std::vector<void*> addresses_of(const LoadedKernel& kernel, const Launch& launch);

/// Sends a launch to a stream.
void send(const Driver& driver, const LoadedKernel& kernel, const Launch& launch, Stream stream);

}  // namespace sigil::cuda
