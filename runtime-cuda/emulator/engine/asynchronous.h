// What the scheduler asks of the instructions that work behind the threads' backs.
#pragma once
#include "engine/machine.h"

namespace sigil::emulator {

/// Delivers one piece of one tensor load; false when none is under way.
bool deliver_some(Machine& machine);
/// Faults when a thread ends with something under way that still uses its block's shared memory.
void check_thread_end(Thread& thread);
/// Writes what a thread stored and did not wait for.
void finish_stores(Thread& thread);
/// Barriers that count living threads may now be complete.
void thread_left_barriers(Thread& thread);
/// Forgets products under way.
void reset_products(Warp& warp);

}  // namespace sigil::emulator
