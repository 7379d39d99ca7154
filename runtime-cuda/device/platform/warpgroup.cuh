// wgmma, sm_90a: the matrix units of Hopper, by a warpgroup of 128 threads on descriptors of shared
// memory. PTX ISA 9.7.15.
#pragma once
#include "platform/numbers.cuh"
#include "platform/warpgroup_shapes.cuh"

namespace sigil {

enum class Swizzle : uint64_t { none = 0, bytes128 = 1, bytes64 = 2, bytes32 = 3 };

/// A matrix in shared memory (PTX ISA, "Matrix Descriptor"): offsets in bytes, multiples of 16. The
/// start may lie inside a swizzle atom, as advancing along K does.
SIGIL_DEVICE uint64_t matrix_descriptor(const void* shared, uint32_t leading_offset,
                                        uint32_t stride_offset, Swizzle swizzle) {
  const auto field = [](uint64_t bytes) { return (bytes & 0x3ffff) >> 4; };
  return field(shared_address(shared)) | field(leading_offset) << 16 | field(stride_offset) << 32 |
         static_cast<uint64_t>(swizzle) << 62;
}

/// Before the first product, and after registers of its operands or sums were touched otherwise.
SIGIL_DEVICE void warpgroup_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
SIGIL_DEVICE void warpgroup_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
/// Until at most `pending` of the newest groups are under way; only then may their sums be read and
/// their shared memory be reused.
template <int pending>
SIGIL_DEVICE void warpgroup_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory");
}
/// After warpgroup_wait, before sums are read: the compiler sees no tie between them and the wait,
/// and could read them earlier.
template <int count>
SIGIL_DEVICE void warpgroup_hold(float (&sums)[count]) {
#pragma unroll
  for (int i = 0; i < count; i++) asm volatile("" : "+f"(sums[i])::"memory");
}

/// Registers per thread of this warpgroup from here on, a multiple of 8 from 24 to 256.
template <int count>
SIGIL_DEVICE void registers_increase() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(count));
}
template <int count>
SIGIL_DEVICE void registers_decrease() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(count));
}

// warpgroup_shapes.cuh declares, for T in {f16, bf16} and the n that kernels use, sums of n / 2
// registers a thread:
//   template <class T, int n, int b_transposed> void warpgroup_multiply(float (&sums)[n / 2],
//   uint64_t a, uint64_t b, bool accumulate);         A and B in shared memory template <class T,
//   int n, int b_transposed> void warpgroup_multiply(float (&sums)[n / 2], const uint32_t (&a)[4],
//   uint64_t b, bool accumulate);  A in registers (fragment of m64k16)
// b_transposed: 0 when B is stored [n, k] (K-major), 1 when [k, n] (MN-major).

}  // namespace sigil
