// The calls that the compiler puts before every access to memory of a kernel compiled with
// -fsanitize=thread. ThreadSanitizer's library is not linked: these are the only receivers.
#include "engine/fault.h"
#include "engine/machine.h"
#include "engine/shared_mapping.h"

namespace sigil::emulator {

namespace {

template <bool write>
inline void access(const void* address, uint64_t bytes, uint32_t alignment) {
  if (!here) return;
  const auto misaligned = reinterpret_cast<uintptr_t>(address) & (alignment - 1);
  if (__builtin_expect(misaligned != 0, 0))
    fault(SIGIL_MISALIGNED, "%s of %llu bytes at %p", write ? "write" : "read",
          static_cast<unsigned long long>(bytes), address);
  const uint64_t offset = static_cast<uint64_t>(static_cast<const char*>(address) - here->shared);
  Thread& self = Machine::thread();
  if (offset < here->shared_bytes && offset + bytes <= here->shared_bytes) {
    Watch& watch = self.machine->watch;
    if (!watch.enabled) return;
    if (write)
      watch.write(static_cast<uint32_t>(offset), static_cast<uint32_t>(bytes), "write");
    else
      watch.read(static_cast<uint32_t>(offset), static_cast<uint32_t>(bytes), "read");
    return;
  }
  // Near shared memory, which is what a mapping's size is.
  if (offset + (1 << 20) <= 2 << 20 && self.machine->mapping_of(address)) {
    fault(SIGIL_OUT_OF_BOUNDS, "%s of %llu bytes at offset %lld of shared memory, which has %llu",
          write ? "write" : "read", static_cast<unsigned long long>(bytes),
          static_cast<long long>(offset), static_cast<unsigned long long>(here->shared_bytes));
  }
  if (self.machine->watch.enabled && !self.machine->is_stack(address))
    GlobalWatch::access(address, bytes, write, write ? "write" : "read");
}

}  // namespace

}  // namespace sigil::emulator

using sigil::emulator::access;

#pragma GCC visibility push(hidden)
extern "C" {
#define SIGIL_ACCESS(bytes)                                                              \
  void __tsan_read##bytes(void* address) { access<false>(address, bytes, bytes); }       \
  void __tsan_write##bytes(void* address) { access<true>(address, bytes, bytes); }       \
  void __tsan_unaligned_read##bytes(void* address) { access<false>(address, bytes, 1); } \
  void __tsan_unaligned_write##bytes(void* address) { access<true>(address, bytes, 1); }
SIGIL_ACCESS(1)
SIGIL_ACCESS(2)
SIGIL_ACCESS(4)
SIGIL_ACCESS(8)
SIGIL_ACCESS(16)
#undef SIGIL_ACCESS
void __tsan_read_range(void* address, unsigned long bytes) { access<false>(address, bytes, 1); }
void __tsan_write_range(void* address, unsigned long bytes) { access<true>(address, bytes, 1); }
void __tsan_vptr_read(void**) {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit(void) {}
void __tsan_init(void) { sigil::emulator::kernels_are_watched = true; }
}
#pragma GCC visibility pop
