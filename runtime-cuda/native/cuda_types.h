// The part of CUDA's driver interface that Sigil uses, declared here so that no toolkit is needed
// to build. CUDA 12.0, driver 525. test/runtime-cuda/cuda_types.test.ts compares every size, offset
// and number with cuda.h where there is one.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sigil::cuda {

using Status = int;
using DeviceOrdinal = int;
using Pointer = unsigned long long;
using Context = struct ContextHandle*;
using Stream = struct StreamHandle*;
using Event = struct EventHandle*;
using Library = struct LibraryHandle*;
using Kernel = struct KernelHandle*;
using Function = struct FunctionHandle*;
using Graph = struct GraphHandle*;
using GraphNode = struct GraphNodeHandle*;
using GraphExec = struct GraphExecHandle*;

/// CUresult, those that anything here decides by.
enum : Status {
  success = 0,
  invalid_value = 1,
  out_of_memory = 2,
  not_initialized = 3,
  no_device = 100,
  invalid_device = 101,
  invalid_image = 200,
  invalid_context = 201,
  no_binary_for_gpu = 209,
  invalid_ptx = 218,
  unsupported_ptx_version = 222,
  invalid_handle = 400,
  not_found = 500,
  not_ready = 600,
  illegal_address = 700,
  launch_out_of_resources = 701,
  launch_failed = 719,
};

/// CUdevice_attribute.
enum DeviceAttribute : int {
  multiprocessors = 16,
  capability_major = 75,
  capability_minor = 76,
  shared_bytes_per_block = 97
};

/// CUfunction_attribute.
enum KernelAttribute : int {
  static_shared_bytes = 1,
  local_bytes = 3,
  registers = 4,
  ptx_version = 5,
  binary_version = 6,
  dynamic_shared_bytes = 8
};

/// CUjit_option: a buffer for what the compiler says of PTX, and its size.
enum JitOption : int {
  info_log = 3,
  info_log_bytes = 4,
  error_log = 5,
  error_log_bytes = 6,
  log_verbose = 12
};

constexpr unsigned stream_non_blocking = 1;
constexpr unsigned event_without_time = 2;
constexpr int attribute_cluster = 4;
constexpr int lookup_not_found = 1, lookup_version_not_sufficient = 2;

/// CUlaunchAttributeValue: 64 bytes of which a cluster's size takes the first 12.
union LaunchAttributeValue {
  char pad[64];
  unsigned cluster[3];
};

/// CUlaunchAttribute.
struct LaunchAttribute {
  int id;
  char pad[4];
  LaunchAttributeValue value;
};

/// CUlaunchConfig.
struct LaunchConfig {
  unsigned grid[3];
  unsigned block[3];
  unsigned shared_bytes;
  Stream stream;
  LaunchAttribute* attributes;
  unsigned attribute_count;
};

/// CUDA_KERNEL_NODE_PARAMS_v2.
struct KernelNode {
  Function function;
  unsigned grid[3];
  unsigned block[3];
  unsigned shared_bytes;
  void** parameters;
  void** extra;
  Kernel kernel;
  Context context;
};

/// CUgraphEdgeData: what of the earlier node an edge of a graph waits for. All zeros: its end.
struct EdgeData {
  unsigned char from_port, to_port, type, reserved[5];
};
/// Active once every block of the earlier kernel has executed griddepcontrol.launch_dependents or
/// ended; only with edges of the type below.
constexpr unsigned char port_programmatic = 1;
/// CUgraphDependencyType: griddepcontrol.wait in the later kernel waits for the earlier one's end.
constexpr unsigned char dependency_programmatic = 1;

/// CUtensorMap: what the hardware reads to copy boxes of a tensor. Aligned as the newest driver
/// wants it written; among parameters it is aligned to 64.
struct alignas(128) TensorMap {
  uint64_t opaque[16];
};

/// CUtensorMapDataType.
enum TensorType : int {
  tensor_uint8 = 0,
  tensor_float16 = 6,
  tensor_float32 = 7,
  tensor_bfloat16 = 9
};

}  // namespace sigil::cuda
