// The host's side of device/platform/async_copy.cuh: data comes when the thread waits for it, and
// is poison until then.
#pragma once
#include "platform/language.cuh"

namespace sigil {

template <int bytes>
SIGIL_DEVICE void copy_async(void* shared, const void* global, int valid = bytes) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16);
  emulator::copy_async(shared, global, bytes, valid);
}
SIGIL_DEVICE void copy_async_commit() { emulator::copy_async_commit(); }
template <int pending>
SIGIL_DEVICE void copy_async_wait() {
  emulator::copy_async_wait(pending);
}

}  // namespace sigil
