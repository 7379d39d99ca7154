// cp.async: each thread's copies wait in a list until the thread waits for them.
#include <cstring>

#include "engine/shared_pointer.h"

namespace sigil::emulator {

uint32_t shared_window_address(const void* pointer) {
  return static_cast<uint32_t>(static_cast<const char*>(pointer) - here->shared) + shared_window;
}

namespace {

void perform(const AsyncCopy& copy) {
  if (copy.valid) memcpy(copy.shared, copy.global, copy.valid);
  if (copy.valid < copy.bytes) memset(copy.shared + copy.valid, 0, copy.bytes - copy.valid);
}

void perform_until(Thread& self, uint64_t group) {
  Watch& watch = self.machine->watch;
  size_t& done = self.copies_done;
  for (; done < self.copies.size() && self.copies[done].group < group; done++) {
    const AsyncCopy& copy = self.copies[done];
    perform(copy);
    if (watch.enabled)
      watch.end_copy(*self.block_state, static_cast<uint32_t>(copy.shared - self.shared),
                     copy.bytes, self.watch.agent, self.watch.time);
  }
  if (done == self.copies.size()) {
    self.copies.clear();
    done = 0;
  }
}

}  // namespace

void copy_async(void* shared, const void* global, int bytes, int valid) {
  Thread& self = Machine::thread();
  const uint32_t offset = shared_offset(shared, static_cast<uint64_t>(bytes),
                                        static_cast<uint32_t>(bytes), "copy_async");
  if (valid < 0 || valid > bytes)
    fault(SIGIL_ASYNC, "copy_async of %d valid bytes of %d", valid, bytes);
  if (reinterpret_cast<uintptr_t>(global) % static_cast<uint32_t>(bytes) && valid)
    fault(SIGIL_MISALIGNED, "copy_async<%d> from %p", bytes, global);
  const AsyncCopy copy{static_cast<char*>(shared), static_cast<const char*>(global),
                       static_cast<uint8_t>(bytes), static_cast<uint8_t>(valid), self.copy_group};
  if (Watch& watch = self.machine->watch; watch.enabled) {
    if (valid) GlobalWatch::access(global, static_cast<uint64_t>(valid), false, "copy_async");
    watch.begin_copy(*self.block_state, watch.view(self), offset, static_cast<uint32_t>(bytes),
                     "copy_async");
  }
  // What lies there is lost from here on, and what comes has not come: nobody may read it.
  for (int i = 0; i < bytes; i += 4) memcpy(copy.shared + i, &poison_word, 4);
  if (valid) static_cast<void>(*static_cast<const volatile char*>(global));
  self.copies.push_back(copy);
  if (self.machine->delay() == Delay::random && self.machine->random.one_in(4)) {
    // Copies of a thread come in any order.
    const size_t any =
        self.copies_done +
        self.machine->random.below(static_cast<uint32_t>(self.copies.size() - self.copies_done));
    perform(self.copies[any]);
  }
}

void copy_async_commit() { Machine::thread().copy_group++; }

void copy_async_wait(int pending) {
  Thread& self = Machine::thread();
  const uint64_t closed = self.copy_group;
  if (closed > static_cast<uint64_t>(pending))
    perform_until(self, closed - static_cast<uint64_t>(pending));
}

}  // namespace sigil::emulator
