// The host's side of device/platform/tensor_copy.cuh: boxes come as late as their barrier allows,
// and their place is poison until then.
#pragma once
#include "platform/barrier.cuh"

namespace sigil {

struct alignas(64) TensorMap {
  uint64_t opaque[16];
};

SIGIL_DEVICE void tensor_prefetch(const TensorMap* map) { emulator::tensor_prefetch(map); }

SIGIL_DEVICE void tensor_load_2d(void* shared, const TensorMap* map, Barrier* barrier, int x,
                                 int y) {
  const int32_t at[] = {x, y};
  emulator::tensor_load(shared, map, barrier, at, 2, 0, false);
}
SIGIL_DEVICE void tensor_load_3d(void* shared, const TensorMap* map, Barrier* barrier, int x, int y,
                                 int z) {
  const int32_t at[] = {x, y, z};
  emulator::tensor_load(shared, map, barrier, at, 3, 0, false);
}
SIGIL_DEVICE void tensor_load_4d(void* shared, const TensorMap* map, Barrier* barrier, int x, int y,
                                 int z, int w) {
  const int32_t at[] = {x, y, z, w};
  emulator::tensor_load(shared, map, barrier, at, 4, 0, false);
}
SIGIL_DEVICE void tensor_load_2d_multicast(void* shared, const TensorMap* map, Barrier* barrier,
                                           int x, int y, uint16_t blocks) {
  const int32_t at[] = {x, y};
  emulator::tensor_load(shared, map, barrier, at, 2, blocks, true);
}
SIGIL_DEVICE void tensor_store_2d(const TensorMap* map, const void* shared, int x, int y) {
  const int32_t at[] = {x, y};
  emulator::tensor_store(map, shared, at, 2);
}
SIGIL_DEVICE void tensor_store_commit() { emulator::tensor_store_commit(); }
template <int pending>
SIGIL_DEVICE void tensor_store_wait_read() {
  emulator::tensor_store_wait(pending, true);
}
template <int pending>
SIGIL_DEVICE void tensor_store_wait() {
  emulator::tensor_store_wait(pending, false);
}

}  // namespace sigil
