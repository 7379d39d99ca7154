// The host's side of device/platform/cluster.cuh. A launch after a programmatic edge starts before
// those ahead have ended here too: engine/row.h.
#pragma once
#include "platform/language.cuh"

namespace sigil {

SIGIL_DEVICE uint32_t cluster_rank() { return emulator::here->rank; }
SIGIL_DEVICE void sync_cluster() { emulator::cluster_barrier(); }
SIGIL_DEVICE void wait_for_predecessor() { emulator::predecessor_wait(); }
SIGIL_DEVICE void release_successor() { emulator::successor_release(); }

}  // namespace sigil
