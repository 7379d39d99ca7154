/**
 * Small kernels that use the primitives as real ones do, and break them on purpose: `FAULT` is what
 * a source defines before it includes them.
 */

/** A fault as it is planted, by its number in the sources. */
export const hopperFaults = {
  none: 0,
  "wrong phase at the full barrier": 1,
  "no wait for the full barrier": 2,
  "expects fewer bytes than come": 3,
  "expects more bytes than come": 4,
  "wrong swizzle in the descriptor": 5,
  "stage handed back before its products are done": 6,
  "no wait for the empty barrier": 7,
  "too many arrivals expected": 8,
  "too few arrivals expected": 9,
  "sums read before the wait": 10,
  "no warpgroup_fence": 11,
  "no fence after the barriers' initialisation": 12,
  "wrong advance along K": 13,
  "wrong phase at the empty barrier": 14,
  "the block ends before its last copy": 15,
  "lanes with different descriptors": 16,
  "barrier overwritten": 17,
  "wrong stride between groups of rows": 18,
  "warps with different descriptors": 19,
} as const;

/**
 * C[rows, 64] = A[rows, depth] B[64, depth]^T in bfloat16 by TMA and wgmma: one warp copies into a
 * ring of two stages, one warpgroup multiplies. Grid: tiles of 64 rows. Threads: 256.
 */
export const hopperProduct = (fault: number): string => `#define FAULT ${fault}
#include "platform/barrier.cuh"
#include "platform/cluster.cuh"
#include "platform/tensor_copy.cuh"
#include "platform/warpgroup.cuh"
using namespace sigil;
SIGIL_KERNEL(product, 256, 1)(
    float* c, int rows, int depth, SIGIL_GRID_CONSTANT const TensorMap map_a,
    SIGIL_GRID_CONSTANT const TensorMap map_b) {
  constexpr int stages = 2, stage_bytes = 2 * 64 * 128;
  char* const memory = shared_memory();
  Barrier* const full = reinterpret_cast<Barrier*>(memory + stages * stage_bytes);
  Barrier* const empty = full + stages;
  if (thread_x() == 0) {
    for (int i = 0; i < stages; i++) {
      barrier_init(full + i, 1);
      barrier_init(empty + i, FAULT == 8 ? 5 : FAULT == 9 ? 3 : 4);
    }
    if (FAULT != 12) fence_barrier_init();
  }
  sync_threads();
  const int tiles = depth / 64;
  if (thread_x() >= 128) {
    if (thread_x() / 32 == 4 && elect_one()) {
      for (int k = 0; k < tiles + (FAULT == 15); k++) {
        const int stage = k % stages;
        if (FAULT != 7) barrier_wait(empty + stage, (k / stages & 1) ^ (FAULT == 14 ? 0 : 1));
        const int expected = stage_bytes - (FAULT == 3 ? 4096 : 0) + (FAULT == 4 ? 16 : 0);
        barrier_arrive_expect(full + stage, expected);
        tensor_load_2d(memory + stage * stage_bytes, &map_a, full + stage, k * 64, block_x() * 64);
        tensor_load_2d(memory + stage * stage_bytes + 64 * 128, &map_b, full + stage, k * 64, 0);
      }
      if (FAULT == 17) full[0] = 0;
    }
    return;
  }
  float sums[32];
  for (int k = 0; k < tiles; k++) {
    const int stage = k % stages;
    if (FAULT != 2) barrier_wait(full + stage, (k / stages & 1) ^ (FAULT == 1));
    const Swizzle swizzle = FAULT == 5 ? Swizzle::bytes64 : Swizzle::bytes128;
    const char* const tiles_a = memory + stage * stage_bytes;
    const uint64_t a = matrix_descriptor(tiles_a, 16, FAULT == 18 ? 512 : 1024, swizzle);
    const uint64_t b = matrix_descriptor(tiles_a + 64 * 128, 16, 1024, swizzle);
    if (FAULT != 11) warpgroup_fence();
    const int step_a = FAULT == 13 ? 4 : 2, steps_a = FAULT == 13 ? 2 : 4;
    const int astray = (FAULT == 16 && thread_x() == 5) || (FAULT == 19 && thread_x() / 32 == 2);
    for (int i = 0; i < 4; i++)
      warpgroup_multiply<bf16, 64, 0>(
          sums, a + step_a * (i % steps_a), b + 2 * (i + astray), k > 0 || i > 0);
    warpgroup_commit();
    if (FAULT != 6 && FAULT != 10) warpgroup_wait<0>();
    if (FAULT != 10 && FAULT != 6) warpgroup_hold(sums);
    if (thread_x() % 32 == 0) barrier_arrive(empty + stage);
  }
  if (FAULT == 6) warpgroup_wait<0>();
  const int warp = thread_x() / 32, lane = thread_x() % 32;
  for (int i = 0; i < 32; i++) {
    const int row = block_x() * 64 + warp * 16 + lane / 4 + i / 2 % 2 * 8;
    const int column = i / 4 * 8 + lane % 4 * 2 + i % 2;
    if (row < rows) c[row * 64 + column] = sums[i];
  }
}
SIGIL_EXPORT(product)
`;
