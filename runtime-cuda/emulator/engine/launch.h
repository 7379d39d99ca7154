// The C interface of a shared object of emulated kernels: what a driver or a test calls.
#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)
extern "C" {

/// One launch. `parameters` is the packed buffer that a driver gets
/// (CU_LAUNCH_PARAM_BUFFER_POINTER), each parameter at its natural alignment.
struct SigilLaunch {
  uint32_t grid[3], block[3], cluster[3];
  uint64_t shared_bytes;
  const void* parameters;
  uint64_t parameter_bytes;
  /// 0: threads in order, asynchronous results as late as waits allow, approximate functions exact.
  /// Others: orders, delays and allowed errors drawn from it, the same for the same seed whatever
  /// the machine.
  uint64_t seed;
  /// Switches between threads that one cluster may take; 0: 2^40.
  uint64_t watchdog_steps;
  /// Lowest eight bits: a launch that computes for so many seconds (twice as many at most) of a
  /// processor without any switch is ended too; 0: 15. SIGIL_THREADS_SHIFT and up: host threads, 0
  /// for as many as there are processors.
  uint32_t flags;
};

enum { SIGIL_THREADS_SHIFT = 8 };

enum SigilFault {
  SIGIL_OK = 0,
  SIGIL_UNKNOWN_KERNEL = 1,
  SIGIL_BAD_PARAMETERS = 2,
  SIGIL_BAD_LAUNCH = 3,
  SIGIL_HANG = 4,
  SIGIL_OUT_OF_BOUNDS = 5,
  SIGIL_MISALIGNED = 6,
  /// Uninitialised memory or a copy under way was read.
  SIGIL_POISON = 7,
  SIGIL_DIVERGENCE = 8,
  /// An mbarrier that is not initialised, was overwritten, or counts more than it may.
  SIGIL_BARRIER = 9,
  SIGIL_RACE = 10,
  /// Shared memory written by threads and read by the async proxy without a fence between.
  SIGIL_PROXY = 11,
  SIGIL_TENSOR_MAP = 12,
  SIGIL_REGISTERS = 13,
  /// An asynchronous instruction used against its rules: results taken before the wait, memory
  /// given up too early.
  SIGIL_ASYNC = 14,
  /// A trap of the processor, such as an integer division by zero, which no card has.
  SIGIL_TRAP = 15,
  /// The process has no memory, or no mappings, left for a cluster's stacks and shared memory.
  SIGIL_NO_MEMORY = 16,
  /// A launch after a programmatic edge that touches what the launches ahead do before it has
  /// waited for them, or never waits.
  SIGIL_PREDECESSOR = 17,
  /// Global memory that two blocks of a launch touch, at least one of them writing.
  SIGIL_GLOBAL_RACE = 18,
};

struct SigilParameter {
  uint32_t offset, bytes, alignment;
};

/// Runs a kernel to its end. Returns 0, or a fault whose text is written to `message` (cut to
/// `capacity`, always ended by 0). Any number of threads may call it.
int sigil_emulated_launch(const char* kernel, const SigilLaunch* launch, char* message,
                          size_t capacity);

/// Runs a row of launches, each after the one before it by a programmatic edge: it starts as soon
/// as every block of that one has executed release_successor or ended, if not sooner than it must.
/// Of each grid some blocks start and go as far as wait_for_predecessor while the grids ahead are
/// under way; kernels that are watched run one after another, and their accesses are compared.
int sigil_emulated_launch_row(const char* const* kernels, const SigilLaunch* launches,
                              uint32_t count, char* message, size_t capacity);

/// Frees what is kept between launches. A block of 384 threads keeps 768 mappings, and Linux gives
/// a process 65530.
void sigil_emulated_release(void);

int sigil_emulated_kernel_count(void);
/// Null outside 0 to count - 1. In no particular order.
const char* sigil_emulated_kernel_name(int index);
/// How many parameters a kernel has, its launch bounds, and the size of its parameter buffer; -1
/// for an unknown kernel.
int sigil_emulated_kernel_parameters(const char* kernel, uint32_t* bytes,
                                     uint32_t* maximum_threads);
/// 0, or -1 when there is no such parameter.
int sigil_emulated_kernel_parameter(const char* kernel, int index, SigilParameter* parameter);

/// Memory as a card would give it: aligned to 256 bytes, filled with poison, the first byte past it
/// (rounded up to 256) unreadable. Null when there is none.
void* sigil_emulated_allocate(uint64_t bytes);
void sigil_emulated_free(void* memory);

/// Writes the 128 bytes of a tensor map as cuTensorMapEncodeTiled would take them (see
/// tensor_map.h). 0, or SIGIL_TENSOR_MAP with its text.
int sigil_emulated_tensor_map(void* map, int dtype, uint32_t rank, void* address,
                              const uint64_t* sizes, const uint64_t* strides, const uint32_t* box,
                              const uint32_t* element_strides, int swizzle, char* message,
                              size_t capacity);
}
#pragma GCC visibility pop
