// Addresses of shared memory as the primitives get them, checked.
#pragma once
#include "engine/fault.h"
#include "engine/machine.h"

namespace sigil::emulator {

/// The offset of `bytes` at `pointer` in the running thread's shared memory; a fault when they do
/// not lie in it or are not aligned.
inline uint32_t shared_offset(const void* pointer, uint64_t bytes, uint32_t alignment,
                              const char* instruction) {
  const int64_t offset = static_cast<const char*>(pointer) - here->shared;
  if (offset < 0 || static_cast<uint64_t>(offset) + bytes > here->shared_bytes) {
    fault(SIGIL_OUT_OF_BOUNDS, "%s on %llu bytes at offset %lld of shared memory, which has %llu",
          instruction, static_cast<unsigned long long>(bytes), static_cast<long long>(offset),
          static_cast<unsigned long long>(here->shared_bytes));
  }
  if (offset % alignment)
    fault(SIGIL_MISALIGNED, "%s at shared+%lld, which is not a multiple of %u", instruction,
          static_cast<long long>(offset), alignment);
  return static_cast<uint32_t>(offset);
}

}  // namespace sigil::emulator
