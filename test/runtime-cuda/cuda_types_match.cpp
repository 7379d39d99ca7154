// What the addon declares of CUDA against CUDA's own header: compiled, never run.
#include <cuda.h>
#include <cstddef>
#include "../../runtime-cuda/native/cuda_types.h"

namespace s = sigil::cuda;
#define SAME_FIELD(ours, field, theirs, other) \
  static_assert(offsetof(s::ours, field) == offsetof(theirs, other))

static_assert(sizeof(s::LaunchAttribute) == sizeof(CUlaunchAttribute) &&
              sizeof(s::LaunchAttributeValue) == sizeof(CUlaunchAttributeValue));
SAME_FIELD(LaunchAttribute, value, CUlaunchAttribute, value);
static_assert(sizeof(s::LaunchConfig) == sizeof(CUlaunchConfig));
SAME_FIELD(LaunchConfig, block, CUlaunchConfig, blockDimX);
SAME_FIELD(LaunchConfig, shared_bytes, CUlaunchConfig, sharedMemBytes);
SAME_FIELD(LaunchConfig, stream, CUlaunchConfig, hStream);
SAME_FIELD(LaunchConfig, attributes, CUlaunchConfig, attrs);
SAME_FIELD(LaunchConfig, attribute_count, CUlaunchConfig, numAttrs);
static_assert(sizeof(s::KernelNode) == sizeof(CUDA_KERNEL_NODE_PARAMS_v2));
SAME_FIELD(KernelNode, function, CUDA_KERNEL_NODE_PARAMS_v2, func);
SAME_FIELD(KernelNode, grid, CUDA_KERNEL_NODE_PARAMS_v2, gridDimX);
SAME_FIELD(KernelNode, block, CUDA_KERNEL_NODE_PARAMS_v2, blockDimX);
SAME_FIELD(KernelNode, shared_bytes, CUDA_KERNEL_NODE_PARAMS_v2, sharedMemBytes);
SAME_FIELD(KernelNode, parameters, CUDA_KERNEL_NODE_PARAMS_v2, kernelParams);
SAME_FIELD(KernelNode, extra, CUDA_KERNEL_NODE_PARAMS_v2, extra);
SAME_FIELD(KernelNode, kernel, CUDA_KERNEL_NODE_PARAMS_v2, kern);
SAME_FIELD(KernelNode, context, CUDA_KERNEL_NODE_PARAMS_v2, ctx);
static_assert(sizeof(s::EdgeData) == sizeof(CUgraphEdgeData) &&
              sizeof(s::EdgeData::reserved) == sizeof(CUgraphEdgeData::reserved));
SAME_FIELD(EdgeData, from_port, CUgraphEdgeData, from_port);
SAME_FIELD(EdgeData, to_port, CUgraphEdgeData, to_port);
SAME_FIELD(EdgeData, type, CUgraphEdgeData, type);
SAME_FIELD(EdgeData, reserved, CUgraphEdgeData, reserved);
static_assert(sizeof(s::TensorMap) == sizeof(CUtensorMap) &&
              alignof(s::TensorMap) >= alignof(CUtensorMap));
static_assert(sizeof(s::Pointer) == sizeof(CUdeviceptr) && sizeof(s::Status) == sizeof(CUresult) &&
              sizeof(s::DeviceOrdinal) == sizeof(CUdevice));

#define SAME(ours, theirs) static_assert(static_cast<int>(s::ours) == static_cast<int>(theirs))
SAME(out_of_memory, CUDA_ERROR_OUT_OF_MEMORY);
SAME(no_device, CUDA_ERROR_NO_DEVICE);
SAME(invalid_device, CUDA_ERROR_INVALID_DEVICE);
SAME(invalid_image, CUDA_ERROR_INVALID_IMAGE);
SAME(invalid_context, CUDA_ERROR_INVALID_CONTEXT);
SAME(no_binary_for_gpu, CUDA_ERROR_NO_BINARY_FOR_GPU);
SAME(invalid_ptx, CUDA_ERROR_INVALID_PTX);
SAME(unsupported_ptx_version, CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
SAME(invalid_handle, CUDA_ERROR_INVALID_HANDLE);
SAME(not_found, CUDA_ERROR_NOT_FOUND);
SAME(not_ready, CUDA_ERROR_NOT_READY);
SAME(illegal_address, CUDA_ERROR_ILLEGAL_ADDRESS);
SAME(launch_out_of_resources, CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
SAME(launch_failed, CUDA_ERROR_LAUNCH_FAILED);
SAME(multiprocessors, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
SAME(capability_major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
SAME(capability_minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
SAME(shared_bytes_per_block, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
SAME(static_shared_bytes, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
SAME(local_bytes, CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES);
SAME(registers, CU_FUNC_ATTRIBUTE_NUM_REGS);
SAME(ptx_version, CU_FUNC_ATTRIBUTE_PTX_VERSION);
SAME(binary_version, CU_FUNC_ATTRIBUTE_BINARY_VERSION);
SAME(dynamic_shared_bytes, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
SAME(info_log, CU_JIT_INFO_LOG_BUFFER);
SAME(info_log_bytes, CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES);
SAME(error_log, CU_JIT_ERROR_LOG_BUFFER);
SAME(error_log_bytes, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES);
SAME(log_verbose, CU_JIT_LOG_VERBOSE);
SAME(stream_non_blocking, CU_STREAM_NON_BLOCKING);
SAME(event_without_time, CU_EVENT_DISABLE_TIMING);
SAME(attribute_cluster, CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION);
SAME(lookup_not_found, CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
SAME(lookup_version_not_sufficient, CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
SAME(port_programmatic, CU_GRAPH_KERNEL_NODE_PORT_PROGRAMMATIC);
SAME(dependency_programmatic, CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC);
SAME(tensor_uint8, CU_TENSOR_MAP_DATA_TYPE_UINT8);
SAME(tensor_float16, CU_TENSOR_MAP_DATA_TYPE_FLOAT16);
SAME(tensor_float32, CU_TENSOR_MAP_DATA_TYPE_FLOAT32);
SAME(tensor_bfloat16, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16);
