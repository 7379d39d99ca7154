// Products of whole tiles by wgmma, for every way in which tiles may lie. They are stored as
// CUTLASS's canonical layouts say (mma_traits_sm90_gmma.hpp), by ordinary writes, and multiplied
// once for every 16 of depth.
#include "platform/barrier.cuh"
#include "platform/warpgroup.cuh"
#ifndef UNFENCED
#define UNFENCED 0
#endif

using namespace sigil;
SIGIL_DEVICE int exchange(int offset, int span) {
  return span == 0 ? offset : offset ^ ((offset / 128 % (span / 16)) * 16);
}
/// Element (row, k) of a K-major tile of depth span / 2 (16 without swizzle).
SIGIL_DEVICE int k_major(int row, int k, int span) {
  return span ? exchange(row * span + k * 2, span)
              : row / 8 * 256 + k / 8 * 128 + row % 8 * 16 + k % 8 * 2;
}
/// Element (k, column) of an MN-major tile of this depth.
SIGIL_DEVICE int mn_major(int k, int column, int depth, int span) {
  if (span == 0) return column / 8 * (depth / 8) * 128 + k / 8 * 128 + k % 8 * 16 + column % 8 * 2;
  const int wide = span / 2;
  return exchange(column / wide * depth * span + k * span + column % wide * 2, span);
}
template <class T, int n, int span, bool transposed, bool registers>
SIGIL_DEVICE void product(const T* a, const T* b, float* c) {
  constexpr int depth = span == 0 ? 16 : span / 2;
  char* const tile_a = shared_memory();
  char* const tile_b = tile_a + 64 * 128;
  for (int i = thread_x(); i < 64 * depth; i += 128)
    *reinterpret_cast<T*>(tile_a + k_major(i / depth, i % depth, span)) = a[i];
  for (int i = thread_x(); i < n * depth; i += 128)
    *reinterpret_cast<T*>(tile_b + (transposed ? mn_major(i % depth, i / depth, depth, span)
                                               : k_major(i / depth, i % depth, span))) = b[i];
  if (UNFENCED == 0) fence_async_proxy();
  sync_threads();
  constexpr Swizzle swizzle = span == 128  ? Swizzle::bytes128
                              : span == 64 ? Swizzle::bytes64
                              : span == 32 ? Swizzle::bytes32
                                           : Swizzle::none;
  const uint64_t descriptor_a = matrix_descriptor(tile_a, 128, span ? 8 * span : 256, swizzle);
  const uint64_t descriptor_b =
      transposed ? (span ? matrix_descriptor(tile_b, depth * span, 8 * span, swizzle)
                         : matrix_descriptor(tile_b, 128, depth / 8 * 128, swizzle))
                 : matrix_descriptor(tile_b, 128, span ? 8 * span : 256, swizzle);
  float sums[n / 2];
#pragma unroll
  for (int i = 0; i < n / 2; i++) sums[i] = 0.5f;
  const int lane = thread_x() % 32, warp = thread_x() / 32;
  uint32_t fragments[depth / 16][4];
#pragma unroll
  for (int k = 0; k < depth / 16; k++)
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const T* const from =
          a + (warp * 16 + lane / 4 + i % 2 * 8) * depth + k * 16 + lane % 4 * 2 + i / 2 * 8;
      fragments[k][i] = from[0].bits | static_cast<uint32_t>(from[1].bits) << 16;
    }
  // Constants too must be in their registers before the fence.
  warpgroup_hold(sums);
  warpgroup_fence();
#pragma unroll
  for (int k = 0; k < depth / 16; k++) {
    const uint64_t at_b = descriptor_b + (transposed ? (span ? span : 16) * k : 2 * k);
    if constexpr (registers)
      warpgroup_multiply<T, n, transposed>(sums, fragments[k], at_b, true);
    else
      warpgroup_multiply<T, n, transposed>(sums, descriptor_a + 2 * k, at_b, true);
  }
  warpgroup_commit();
  warpgroup_wait<0>();
  warpgroup_hold(sums);
#pragma unroll
  for (int i = 0; i < n / 2; i++)
    c[(warp * 16 + lane / 4 + i / 2 % 2 * 8) * n + i / 4 * 8 + lane % 4 * 2 + i % 2] = sums[i];
}
