// Where 16-byte chunks of shared memory lie when a copy or a matrix unit swizzles them.
#pragma once
#include <cstdint>

namespace sigil::emulator {

/// Address bits 4 to 6 (128 bytes), 4 and 5 (64) or 4 (32) are XORed with as many bits from bit 7
/// on; 0 leaves the address as it is.
inline uint32_t swizzled(uint32_t address, uint32_t span) {
  return span ? address ^ ((address >> 7 & (span / 16 - 1)) << 4) : address;
}

}  // namespace sigil::emulator
