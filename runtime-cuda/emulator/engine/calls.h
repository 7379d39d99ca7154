// What the twins of the primitives call: all that a kernel's translation unit sees of the engine.
// Light on purpose, since every kernel includes it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sigil::emulator {

/// What the running thread knows of itself.
struct Position {
  int32_t thread;
  int32_t block[3], grid[3];
  uint32_t rank;
  char* shared;
  uint64_t shared_bytes;
  uint64_t seed;
};
/// The running thread of a kernel; one per host thread.
extern __thread Position* here;

/// Where shared memory begins in the 32-bit window of the instructions: any multiple of 1024 but 0.
constexpr uint32_t shared_window = 1024;
uint32_t shared_window_address(const void* pointer);

void block_barrier();
void named_barrier(int id, int threads);
void warp_barrier();
uint32_t shuffle_bits(uint32_t value, uint32_t source);
bool elect();

void copy_async(void* shared, const void* global, int bytes, int valid);
void copy_async_commit();
void copy_async_wait(int pending);

void load_matrices(uint32_t* fragment, const void* row, bool transposed);
enum class Format : uint8_t { f16, bf16 };
void multiply_fragments(float* sums, const uint32_t* a, const uint32_t* b, Format format);

void barrier_init(uint64_t* barrier, uint32_t arrivals);
void barrier_init_fence();
void barrier_arrive(uint64_t* barrier, uint32_t rank, bool remote, uint32_t expected_bytes);
void barrier_wait(uint64_t* barrier, uint32_t parity);
void async_proxy_fence();

void cluster_barrier();
void predecessor_wait();
void successor_release();

void tensor_prefetch(const void* map);
void tensor_load(void* shared, const void* map, uint64_t* barrier, const int32_t* at, uint32_t rank,
                 uint32_t blocks, bool multicast);
void tensor_store(const void* map, const void* shared, const int32_t* at, uint32_t rank);
void tensor_store_commit();
void tensor_store_wait(int pending, bool only_read);

void warpgroup_fence();
void warpgroup_commit();
void warpgroup_wait(int pending);
/// `a_registers` null: A is described by `a`.
void warpgroup_multiply(float* sums, int columns, uint64_t a, const uint32_t* a_registers,
                        uint64_t b, bool b_transposed, bool accumulate, Format format);
/// A fault when products on these sums are under way.
void warpgroup_hold(const float* sums);
void set_registers(uint32_t count, bool increase);

/// A value of the launch's seed and `bits`, for errors that hardware may make; 0 when the seed is
/// 0.
inline uint32_t noise(uint32_t bits) {
  const uint64_t seed = here->seed;
  if (seed == 0) return 0;
  uint64_t mixed = (bits + seed) * 0x9e3779b97f4a7c15;
  mixed ^= mixed >> 29;
  return static_cast<uint32_t>(mixed * 0xbf58476d1ce4e5b9 >> 32);
}

/// How a kernel is found and called: made by SIGIL_EXPORT.
struct Kernel {
  struct Parameter {
    uint32_t offset, bytes, alignment;
  };
  const char* name;
  uint32_t maximum_threads, minimum_blocks;
  uint32_t parameter_count, parameter_bytes;
  const Parameter* parameters;
  void (*call)(const char* parameters);
  const Kernel* next;
};
void register_kernel(Kernel& kernel);

}  // namespace sigil::emulator
