// mbarriers in shared memory, sm_90 and up. PTX ISA 9.7.13.15.
#pragma once
#include "platform/language.cuh"

namespace sigil {

/// Eight bytes of shared memory. Its phase ends when `arrivals` have arrived and every expected
/// byte has come; then the parity flips, from 0.
using Barrier = uint64_t;

SIGIL_DEVICE void barrier_init(Barrier* barrier, uint32_t arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)),
               "r"(arrivals)
               : "memory");
}
/// After the initialisations, before other threads, blocks of the cluster or copies use the
/// barriers.
SIGIL_DEVICE void fence_barrier_init() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
SIGIL_DEVICE void barrier_arrive(Barrier* barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier))
               : "memory");
}
/// Arrives at the barrier at the same place in block `rank` of the cluster.
SIGIL_DEVICE void barrier_arrive_remote(Barrier* barrier, uint32_t rank) {
  asm volatile(
      "{\n .reg .b32 remote;\n mapa.shared::cluster.u32 remote, %0, %1;\n "
      "mbarrier.arrive.release.cluster.shared::cluster.b64 _, [remote];\n}" ::"r"(
          shared_address(barrier)),
      "r"(rank)
      : "memory");
}
/// Arrives and expects `bytes` more of copies.
SIGIL_DEVICE void barrier_arrive_expect(Barrier* barrier, uint32_t bytes) {
  asm volatile(
      "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)),
      "r"(bytes)
      : "memory");
}
/// Returns when the phase with this parity is over.
SIGIL_DEVICE void barrier_wait(Barrier* barrier, uint32_t parity) {
  asm volatile(
      "{\n .reg .pred done;\nwait:\n mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n "
      "@done bra end;\n bra wait;\nend:\n}" ::"r"(shared_address(barrier)),
      "r"(parity)
      : "memory");
}

/// Makes this thread's writes to shared memory visible to copies and matrix units (the async
/// proxy); a barrier then tells others.
SIGIL_DEVICE void fence_async_proxy() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

}  // namespace sigil
