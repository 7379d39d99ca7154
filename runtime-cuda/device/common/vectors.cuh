// Runs of elements between memory and float registers. A run of `count` elements starts at a
// multiple of its size, unless count is 1.
#pragma once
#include "platform/numbers.cuh"

namespace sigil {

/// So many bytes as one access.
template <int bytes>
struct alignas(bytes) Packet {
  uint8_t data[bytes];
};
template <>
struct alignas(2) Packet<2> {
  uint16_t half;
};
template <>
struct alignas(4) Packet<4> {
  uint32_t words[1];
};
template <>
struct alignas(8) Packet<8> {
  uint32_t words[2];
};
template <>
struct alignas(16) Packet<16> {
  uint32_t words[4];
};

/// Byte `index` of a packet as a number.
template <int bytes>
SIGIL_DEVICE float packet_byte(const Packet<bytes>& packet, int index) {
  if constexpr (bytes == 1)
    return widen(packet.data[0]);
  else if constexpr (bytes == 2)
    return widen(static_cast<uint8_t>(packet.half >> index * 8));
  else
    return widen(static_cast<uint8_t>(packet.words[index / 4] >> index % 4 * 8));
}

/// The two values of a register that narrow_pair<T> filled.
template <class T>
SIGIL_DEVICE float low_half(uint32_t pair) {
  return widen(T{static_cast<uint16_t>(pair)});
}
template <class T>
SIGIL_DEVICE float high_half(uint32_t pair) {
  return widen(T{static_cast<uint16_t>(pair >> 16)});
}
template <>
SIGIL_DEVICE float low_half<bf16>(uint32_t pair) {
  return bits_to_float(pair << 16);
}
template <>
SIGIL_DEVICE float high_half<bf16>(uint32_t pair) {
  return bits_to_float(pair & 0xffff0000u);
}

/// Reads `count` (1, 2, 4 or 8) elements.
template <int count>
SIGIL_DEVICE void load_run(float (&values)[count], const float* from) {
  if constexpr (count == 1)
    values[0] = from[0];
  else {
    constexpr int piece = count < 4 ? count : 4;
#pragma unroll
    for (int i = 0; i < count; i += piece) {
      const auto packet = *reinterpret_cast<const Packet<4 * piece>*>(from + i);
#pragma unroll
      for (int j = 0; j < piece; j++) values[i + j] = bits_to_float(packet.words[j]);
    }
  }
}
template <int count, class T>
SIGIL_DEVICE void load_run(float (&values)[count], const T* from) {
  if constexpr (count == 1)
    values[0] = widen(from[0]);
  else {
    const auto packet = *reinterpret_cast<const Packet<2 * count>*>(from);
#pragma unroll
    for (int j = 0; j < count / 2; j++) {
      values[2 * j] = low_half<T>(packet.words[j]);
      values[2 * j + 1] = high_half<T>(packet.words[j]);
    }
  }
}

/// Writes `count` elements, rounded to T.
template <int count>
SIGIL_DEVICE void store_run(float* to, const float (&values)[count]) {
  if constexpr (count == 1)
    to[0] = values[0];
  else {
    constexpr int piece = count < 4 ? count : 4;
#pragma unroll
    for (int i = 0; i < count; i += piece) {
      Packet<4 * piece> packet;
#pragma unroll
      for (int j = 0; j < piece; j++) packet.words[j] = float_to_bits(values[i + j]);
      *reinterpret_cast<Packet<4 * piece>*>(to + i) = packet;
    }
  }
}
template <int count, class T>
SIGIL_DEVICE void store_run(T* to, const float (&values)[count]) {
  if constexpr (count == 1)
    to[0] = narrow<T>(values[0]);
  else {
    Packet<2 * count> packet;
#pragma unroll
    for (int j = 0; j < count / 2; j++)
      packet.words[j] = narrow_pair<T>(values[2 * j], values[2 * j + 1]);
    *reinterpret_cast<Packet<2 * count>*>(to) = packet;
  }
}

}  // namespace sigil
