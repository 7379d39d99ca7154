// mbarriers as copies see them.
#pragma once
#include "engine/machine.h"

namespace sigil::emulator {

/// The barrier at an offset of a block's shared memory; a fault when there is none, or not any
/// more. Called by the running thread.
PhaseBarrier& phase_barrier(Block& block, uint32_t offset, const char* instruction);
/// Counts bytes that came (never from a thread), and ends the phase when nothing is missing.
void complete_bytes(Block& block, uint32_t offset, uint32_t bytes);

/// For the watch: the agent of the copies that a barrier counts.
uint32_t barrier_agent(const Block& block, uint32_t offset);

}  // namespace sigil::emulator
