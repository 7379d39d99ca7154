// cp.async, sm_80 and up: global to shared memory behind the threads' backs. PTX ISA 9.7.9.25.3.
#pragma once
#include "platform/language.cuh"

namespace sigil {

/// Copies `bytes` (4, 8 or 16), both pointers aligned to them; only `valid` of them are read, the
/// rest are zeros.
template <int bytes>
SIGIL_DEVICE void copy_async(void* shared, const void* global, int valid = bytes) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16);
  if constexpr (bytes == 16)
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)),
                 "l"(global), "r"(valid)
                 : "memory");
  else
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(shared_address(shared)),
                 "l"(global), "n"(bytes), "r"(valid)
                 : "memory");
}
/// Closes this thread's group of copies.
SIGIL_DEVICE void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
/// Waits until at most `pending` of this thread's newest groups are under way; others see the data
/// only after a barrier.
template <int pending>
SIGIL_DEVICE void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

}  // namespace sigil
