// 16-bit floating point on the host, bit by bit: rounding to nearest even, subnormals kept, NaN as
// the hardware writes it.
#pragma once
#include <cstdint>
#include <cstring>

namespace sigil::emulator {

inline uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}
inline float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

inline float widen_f16(uint16_t bits) {
  const uint32_t magnitude = bits & 0x7fffu, sign = (bits & 0x8000u) << 16;
  // The exponent's bias differs by 112; multiplying also normalises subnormals.
  const uint32_t finite = bits_of(float_of(magnitude << 13) * 0x1p112f),
                 special = 0x7f800000u | magnitude << 13;
  return float_of(sign | (magnitude >= 0x7c00u ? special : finite));
}
inline float widen_bf16(uint16_t bits) { return float_of(static_cast<uint32_t>(bits) << 16); }

inline uint16_t narrow_f16(float value) {
  const uint32_t bits = bits_of(value), magnitude = bits & 0x7fffffffu, sign = bits >> 16 & 0x8000u;
  if (magnitude > 0x7f800000u) return 0x7fff;
  if (magnitude >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);
  // Below 2^-14 the unit is 2^-24: adding 0.5, whose unit that is in float32, rounds to it.
  if (magnitude < 0x38800000u)
    return static_cast<uint16_t>(sign | (bits_of(float_of(magnitude) + 0.5f) - 0x3f000000u));
  return static_cast<uint16_t>(sign |
                               (magnitude + 0xfffu + (magnitude >> 13 & 1) - 0x38000000u) >> 13);
}
inline uint16_t narrow_bf16(float value) {
  const uint32_t bits = bits_of(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fff;
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

}  // namespace sigil::emulator
