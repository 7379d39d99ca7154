// Blocks that share an L1's worth of neighbourhood, and kernels that start before their predecessor
// ends. sm_90 and up.
#pragma once
#include "platform/language.cuh"

namespace sigil {

SIGIL_DEVICE uint32_t cluster_rank() {
  uint32_t rank;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
}
/// Every thread of every block of the cluster; shared memory is visible among them afterwards.
SIGIL_DEVICE void sync_cluster() {
  asm volatile("barrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;" ::: "memory");
}

/// Waits for the kernels before this one and their writes (programmatic dependent launch); without
/// such a launch it returns at once.
SIGIL_DEVICE void wait_for_predecessor() { asm volatile("griddepcontrol.wait;" ::: "memory"); }
/// The next kernel may start; its wait_for_predecessor still waits for this kernel's end.
SIGIL_DEVICE void release_successor() {
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
}

}  // namespace sigil
