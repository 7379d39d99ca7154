// What a kernel may use of CUDA's language. The emulator has a folder of the same files for g++: a
// kernel includes "platform/..." and the include path decides. Kernels use dynamic shared memory
// only, no static __shared__ variables.
#pragma once
#include <cstddef>
#include <cstdint>

#define SIGIL_DEVICE __device__ __forceinline__

/// A kernel of at most `threads` threads a block: SIGIL_KERNEL(name, threads,
/// minimum_blocks)(parameters) { ... }
#define SIGIL_KERNEL(name, threads, blocks) \
  extern "C" __global__ void __launch_bounds__(threads, blocks) name

/// After a kernel's body; the emulator registers the kernel under its name here.
#define SIGIL_EXPORT(name)

/// A parameter that the hardware reads in place: tensor maps.
#define SIGIL_GRID_CONSTANT __grid_constant__

namespace sigil {

/// The block's dynamic shared memory, aligned to 1024 bytes as swizzled tiles need.
SIGIL_DEVICE char* shared_memory() {
  extern __shared__ __align__(1024) char memory[];
  return memory;
}

/// A shared pointer as the instructions take it.
SIGIL_DEVICE uint32_t shared_address(const void* pointer) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}

SIGIL_DEVICE int thread_x() { return threadIdx.x; }
SIGIL_DEVICE int block_x() { return blockIdx.x; }
SIGIL_DEVICE int block_y() { return blockIdx.y; }
SIGIL_DEVICE int block_z() { return blockIdx.z; }
SIGIL_DEVICE int grid_x() { return gridDim.x; }

/// Every thread of the block.
SIGIL_DEVICE void sync_threads() { __syncthreads(); }
/// Every thread of the warp.
SIGIL_DEVICE void sync_warp() { __syncwarp(); }
/// `threads` threads of the block, a multiple of 32; ids 1 to 15.
SIGIL_DEVICE void sync_named(int id, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

/// The same value, which the compiler may not assume to know.
SIGIL_DEVICE int opaque(int value) {
  asm volatile("" : "+r"(value));
  return value;
}

SIGIL_DEVICE float shuffle(float value, int lane) { return __shfl_sync(0xffffffffu, value, lane); }
SIGIL_DEVICE float shuffle_xor(float value, int mask) {
  return __shfl_xor_sync(0xffffffffu, value, mask);
}
SIGIL_DEVICE int shuffle(int value, int lane) { return __shfl_sync(0xffffffffu, value, lane); }

/// True in one thread of a converged warp, always the same one.
SIGIL_DEVICE bool elect_one() {
  uint32_t elected;
  asm volatile("{\n .reg .pred p;\n elect.sync _|p, 0xffffffff;\n selp.u32 %0, 1, 0, p;\n}"
               : "=r"(elected));
  return elected != 0;
}

}  // namespace sigil
