// TMA: boxes of tensors between global and shared memory, by one thread. sm_90 and up. PTX
// ISA 9.7.9.27.
#pragma once
#include "platform/barrier.cuh"

namespace sigil {

/// 128 opaque bytes that cuTensorMapEncodeTiled writes; kernels take them as SIGIL_GRID_CONSTANT
/// parameters.
struct alignas(64) TensorMap {
  uint64_t opaque[16];
};

SIGIL_DEVICE void tensor_prefetch(const TensorMap* map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
}

/// The box at `x` (innermost), `y`; what lies outside the tensor arrives as zeros and counts as
/// bytes too.
SIGIL_DEVICE void tensor_load_2d(void* shared, const TensorMap* map, Barrier* barrier, int x,
                                 int y) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, "
      "%4}], [%2];" ::"r"(shared_address(shared)),
      "l"(map), "r"(shared_address(barrier)), "r"(x), "r"(y)
      : "memory");
}
SIGIL_DEVICE void tensor_load_3d(void* shared, const TensorMap* map, Barrier* barrier, int x, int y,
                                 int z) {
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, "
      "%4, %5}], [%2];" ::"r"(shared_address(shared)),
      "l"(map), "r"(shared_address(barrier)), "r"(x), "r"(y), "r"(z)
      : "memory");
}
SIGIL_DEVICE void tensor_load_4d(void* shared, const TensorMap* map, Barrier* barrier, int x, int y,
                                 int z, int w) {
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, "
      "%4, %5, %6}], [%2];" ::"r"(shared_address(shared)),
      "l"(map), "r"(shared_address(barrier)), "r"(x), "r"(y), "r"(z), "r"(w)
      : "memory");
}
/// The same box at the same place of shared memory in every block of the cluster whose bit is set,
/// each block's own barrier counting it.
SIGIL_DEVICE void tensor_load_2d_multicast(void* shared, const TensorMap* map, Barrier* barrier,
                                           int x, int y, uint16_t blocks) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::"
      "cluster [%0], [%1, {%3, %4}], [%2], %5;" ::"r"(shared_address(shared)),
      "l"(map), "r"(shared_address(barrier)), "r"(x), "r"(y), "h"(blocks)
      : "memory");
}
/// Writes a box; what lies outside the tensor is dropped. The shared memory was written before
/// fence_async_proxy and a barrier.
SIGIL_DEVICE void tensor_store_2d(const TensorMap* map, const void* shared, int x, int y) {
  asm volatile(
      "cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%2, %3}], [%1];" ::"l"(map),
      "r"(shared_address(shared)), "r"(x), "r"(y)
      : "memory");
}
SIGIL_DEVICE void tensor_store_commit() {
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}
/// Until at most `pending` of this thread's newest groups still read shared memory.
template <int pending>
SIGIL_DEVICE void tensor_store_wait_read() {
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(pending) : "memory");
}
/// Until at most `pending` groups are under way at all.
template <int pending>
SIGIL_DEVICE void tensor_store_wait() {
  asm volatile("cp.async.bulk.wait_group %0;" ::"n"(pending) : "memory");
}

}  // namespace sigil
