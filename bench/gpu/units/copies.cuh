// Copies by TMA as they lie in shared memory, and boxes that a cluster shares.
#include "platform/cluster.cuh"
#include "platform/tensor_copy.cuh"
#ifndef FAULT
#define FAULT 0
#endif

using namespace sigil;
/// A box of `bytes` to shared memory, and from there as it lies to `out`.
template <int rank>
SIGIL_DEVICE void load(uint32_t* out, int bytes, int x, int y, int z, int w, const TensorMap& map) {
  char* const memory = shared_memory();
  Barrier* const full = reinterpret_cast<Barrier*>(memory + bytes);
  if (thread_x() == 0) {
    barrier_init(full, 1);
    fence_barrier_init();
    tensor_prefetch(&map);
    barrier_arrive_expect(full, bytes);
    if (rank == 2) tensor_load_2d(memory, &map, full, x, y);
    if (rank == 3) tensor_load_3d(memory, &map, full, x, y, z);
    if (rank == 4) tensor_load_4d(memory, &map, full, x, y, z, w);
  }
  sync_threads();
  barrier_wait(full, 0);
  for (int i = thread_x(); i < bytes / 4; i += 64) out[i] = reinterpret_cast<uint32_t*>(memory)[i];
}
SIGIL_KERNEL(load_2d, 64, 1)(uint32_t* out, int bytes, int x, int y,
                             SIGIL_GRID_CONSTANT const TensorMap map) {
  load<2>(out, bytes, x, y, 0, 0, map);
}
SIGIL_EXPORT(load_2d)
SIGIL_KERNEL(load_3d, 64, 1)(uint32_t* out, int bytes, int x, int y, int z,
                             SIGIL_GRID_CONSTANT const TensorMap map) {
  load<3>(out, bytes, x, y, z, 0, map);
}
SIGIL_EXPORT(load_3d)
SIGIL_KERNEL(load_4d, 64, 1)(uint32_t* out, int bytes, int x, int y, int z, int w,
                             SIGIL_GRID_CONSTANT const TensorMap map) {
  load<4>(out, bytes, x, y, z, w, map);
}
SIGIL_EXPORT(load_4d)

/// Two boxes of 16 rows by `row` bytes each; FAULT: 1 no wait before the memory is reused, 2 no
/// wait at all, 3 no fence.
SIGIL_KERNEL(store, 64, 1)(int row, int x, int y, SIGIL_GRID_CONSTANT const TensorMap map) {
  uint32_t* const memory = reinterpret_cast<uint32_t*>(shared_memory());
  for (int box = 0; box < 2; box++) {
    for (int i = thread_x(); i < 16 * row / 4; i += 64) memory[i] = (box + 1) * 65536 + i;
    if (FAULT != 3) fence_async_proxy();
    sync_threads();
    if (thread_x() == 0) {
      tensor_store_2d(&map, memory, x, y + 16 * box);
      tensor_store_commit();
      if (FAULT != 1 && FAULT != 2) tensor_store_wait_read<0>();
    }
    sync_threads();
  }
  if (FAULT == 1 && thread_x() == 0) tensor_store_wait<0>();
}
SIGIL_EXPORT(store)

/// Each block of a cluster of two copies half of a box of 8 rows of 64 bytes to both, several
/// times; FAULT: 4 no wait for the other block before reuse, 5 no wait at the end.
SIGIL_KERNEL(share, 64, 1)(float* out, int rounds, SIGIL_GRID_CONSTANT const TensorMap map) {
  char* const memory = shared_memory();
  Barrier* const full = reinterpret_cast<Barrier*>(memory + 1024);
  Barrier* const empty = full + 1;
  const int rank = cluster_rank();
  if (thread_x() == 0) {
    barrier_init(full, 1);
    barrier_init(empty, 2 * 2);
    fence_barrier_init();
  }
  sync_cluster();
  for (int round = 0; round < rounds; round++) {
    if (thread_x() == 0) {
      if (FAULT != 4) barrier_wait(empty, (round & 1) ^ 1);
      barrier_arrive_expect(full, 1024);
      tensor_load_2d_multicast(memory + rank * 512, &map, full, 0, round * 16 + rank * 8, 3);
    }
    barrier_wait(full, round & 1);
    float sum = 0;
    for (int i = thread_x() % 32; i < 256; i += 32) sum += reinterpret_cast<float*>(memory)[i];
    for (int mask = 16; mask > 0; mask /= 2) sum += shuffle_xor(sum, mask);
    if (thread_x() % 32 == 0) out[(round * 2 + rank) * 2 + thread_x() / 32] = sum;
    sync_warp();
    if (thread_x() % 32 < 2) barrier_arrive_remote(empty, thread_x() % 32);
  }
  if (FAULT != 5) sync_cluster();
}
SIGIL_EXPORT(share)
