// Every call of the driver that Sigil makes, once: name, the CUDA version whose meaning is wanted,
// parameters. Those that a driver may lack are a list of their own.
#pragma once
#include "cuda_types.h"

/// X(name, version as cuGetProcAddress takes it, parameters)
#define SIGIL_DRIVER_CALLS(X)                                                                      \
  X(cuInit, 2000, (unsigned flags))                                                                \
  X(cuDeviceGetCount, 2000, (int* count))                                                          \
  X(cuDeviceGet, 2000, (DeviceOrdinal * device, int ordinal))                                      \
  X(cuDeviceGetName, 2000, (char* name, int bytes, DeviceOrdinal device))                          \
  X(cuDeviceGetAttribute, 2000, (int* value, int attribute, DeviceOrdinal device))                 \
  X(cuDeviceTotalMem, 3020, (size_t* bytes, DeviceOrdinal device))                                 \
  X(cuDevicePrimaryCtxRetain, 7000, (Context * context, DeviceOrdinal device))                     \
  X(cuDevicePrimaryCtxRelease, 11000, (DeviceOrdinal device))                                      \
  X(cuCtxSetCurrent, 4000, (Context context))                                                      \
  X(cuGetErrorName, 6000, (Status status, const char** name))                                      \
  X(cuGetErrorString, 6000, (Status status, const char** text))                                    \
  X(cuMemGetInfo, 3020, (size_t* free, size_t* total))                                             \
  X(cuMemAlloc, 3020, (Pointer * pointer, size_t bytes))                                           \
  X(cuMemFree, 3020, (Pointer pointer))                                                            \
  X(cuMemHostAlloc, 2020, (void** pointer, size_t bytes, unsigned flags))                          \
  X(cuMemFreeHost, 2000, (void* pointer))                                                          \
  X(cuMemcpyHtoDAsync, 3020, (Pointer target, const void* source, size_t bytes, Stream stream))    \
  X(cuMemcpyDtoHAsync, 3020, (void* target, Pointer source, size_t bytes, Stream stream))          \
  X(cuStreamCreate, 2000, (Stream * stream, unsigned flags))                                       \
  X(cuStreamDestroy, 4000, (Stream stream))                                                        \
  X(cuStreamSynchronize, 2000, (Stream stream))                                                    \
  X(cuEventCreate, 2000, (Event * event, unsigned flags))                                          \
  X(cuEventDestroy, 4000, (Event event))                                                           \
  X(cuEventRecord, 2000, (Event event, Stream stream))                                             \
  X(cuEventSynchronize, 2000, (Event event))                                                       \
  X(cuEventElapsedTime, 2000, (float* milliseconds, Event from, Event to))                         \
  X(cuLibraryLoadData, 12000,                                                                      \
    (Library * library, const void* code, int* jit_options, void** jit_values, unsigned jit_count, \
     int* options, void** values, unsigned count))                                                 \
  X(cuLibraryUnload, 12000, (Library library))                                                     \
  X(cuLibraryGetKernel, 12000, (Kernel * kernel, Library library, const char* name))               \
  X(cuKernelGetFunction, 12000, (Function * function, Kernel kernel))                              \
  X(cuKernelGetAttribute, 12000, (int* value, int attribute, Kernel kernel, DeviceOrdinal device)) \
  X(cuKernelSetAttribute, 12000, (int attribute, int value, Kernel kernel, DeviceOrdinal device))  \
  X(cuLaunchKernelEx, 11060,                                                                       \
    (const LaunchConfig* config, Function function, void** parameters, void** extra))              \
  X(cuGraphCreate, 10000, (Graph * graph, unsigned flags))                                         \
  X(cuGraphDestroy, 10000, (Graph graph))                                                          \
  X(cuGraphAddKernelNode, 12000,                                                                   \
    (GraphNode * node, Graph graph, const GraphNode* after, size_t count,                          \
     const KernelNode* parameters))                                                                \
  X(cuGraphKernelNodeSetAttribute, 11000,                                                          \
    (GraphNode node, int attribute, const LaunchAttributeValue* value))                            \
  X(cuGraphInstantiateWithFlags, 11040, (GraphExec * exec, Graph graph, unsigned long long flags)) \
  X(cuGraphExecKernelNodeSetParams, 12000,                                                         \
    (GraphExec exec, GraphNode node, const KernelNode* parameters))                                \
  X(cuGraphUpload, 11010, (GraphExec exec, Stream stream))                                         \
  X(cuGraphLaunch, 10000, (GraphExec exec, Stream stream))                                         \
  X(cuGraphExecDestroy, 10000, (GraphExec exec))                                                   \
  X(cuTensorMapEncodeTiled, 12000,                                                                 \
    (TensorMap * map, int type, uint32_t rank, void* address, const uint64_t* sizes,               \
     const uint64_t* strides, const uint32_t* box, const uint32_t* element_strides,                \
     int interleave, int swizzle, int l2, int fill))

/// Calls of newer drivers than 12.0, null where there are none. Names are as cuGetProcAddress takes
/// them: 12030 of cuGraphAddDependencies is cuGraphAddDependencies_v2, whose edges have data.
#define SIGIL_OPTIONAL_DRIVER_CALLS(X)                                                             \
  X(cuGraphAddDependencies, 12030,                                                                 \
    (Graph graph, const GraphNode* from, const GraphNode* to, const EdgeData* data, size_t count)) \
  X(cuKernelGetParamInfo, 12040, (Kernel kernel, size_t index, size_t* offset, size_t* bytes))
