// Rows of quantised weights: codes in memory, float32 from the registers on.
#pragma once
#include "common/vectors.cuh"

namespace sigil {

/// Rows of codes `row_bytes` apart, of 8 bits signed or of 4 bits the first in the lower half of a
/// byte; behind all codes, at `scales_offset` bytes, a scale for each `group` columns of a row, and
/// at `zeros_offset` bytes, unless it is negative, as many zero points. `Numbers::of` is what a
/// code of 4 bits stands for. Past the depth come zeros.
template <int bits, int row_bytes, int depth, int group, long long scales_offset,
          long long zeros_offset, class Numbers>
struct QuantizedRows {
  static constexpr int groups = (depth + group - 1) / group;
  static constexpr bool has_zeros = zeros_offset >= 0;
  /// From a scale to its zero point.
  static constexpr long long zeros_behind = has_zeros ? (zeros_offset - scales_offset) / 4 : 0;
  const uint8_t* matrix;
  struct Row {
    const uint8_t* codes;
    const float* scales;
  };
  SIGIL_DEVICE Row row(int index) const {
    return {matrix + static_cast<ptrdiff_t>(index) * row_bytes,
            reinterpret_cast<const float*>(matrix + scales_offset) +
                static_cast<ptrdiff_t>(index) * groups};
  }
  /// A run of columns that starts at a multiple of its length, with its scale or, where groups cut
  /// it, theirs.
  template <int count>
  struct Held {
    // No code stands for zero in every group: what pads a row needs scales of its own, which are 0.
    static constexpr bool pads = has_zeros && depth % count != 0;
    static constexpr int scale_count = (group % count == 0 || groups == 1) && !pads ? 1 : count;
    Packet<count * bits / 8> codes;
    float scales[scale_count];
    float zeros[has_zeros ? scale_count : 1];
  };
  template <int count>
  SIGIL_DEVICE void fetch(Held<count>& held, const Row& row, int k) const {
    if (k >= depth) return;
    held.codes = *reinterpret_cast<const Packet<count * bits / 8>*>(row.codes + k * bits / 8);
#pragma unroll
    for (int i = 0; i < Held<count>::scale_count; i++) {
      const bool inside = k + i < depth;
      held.scales[i] = inside ? row.scales[(k + i) / group] : 0.0f;
      if constexpr (has_zeros)
        held.zeros[i] = inside ? row.scales[(k + i) / group + zeros_behind] : 0.0f;
    }
    // A scale that serves a run to its end would make numbers of what pads the row.
    if constexpr (Held<count>::scale_count == 1 && depth % count != 0)
      if (k + count > depth) clear_from(held.codes, depth - k);
  }
  template <int count>
  SIGIL_DEVICE static void widen_all(float (&values)[count], const Held<count>& held) {
#pragma unroll
    for (int i = 0; i < count; i++) {
      const int g = Held<count>::scale_count == 1 ? 0 : i;
      values[i] = number(held.codes, i);
      if constexpr (has_zeros) values[i] -= held.zeros[g];
      values[i] *= held.scales[g];
    }
  }

 private:
  template <int bytes>
  SIGIL_DEVICE static uint32_t byte_of(const Packet<bytes>& packet, int index) {
    if constexpr (bytes == 2)
      return packet.half >> index * 8 & 255u;
    else
      return packet.words[index / 4] >> index % 4 * 8 & 255u;
  }
  template <int bytes>
  SIGIL_DEVICE static float number(const Packet<bytes>& packet, int index) {
    if constexpr (bits == 8)
      return static_cast<float>(static_cast<int8_t>(byte_of(packet, index)));
    else
      return Numbers::of(byte_of(packet, index / 2) >> index % 2 * 4 & 15u);
  }
  /// Replaces the codes from `first` on by those of zero.
  template <int bytes>
  SIGIL_DEVICE static void clear_from(Packet<bytes>& packet, int first) {
    constexpr uint32_t zero = bits == 8 ? 0u : Numbers::zero;
    if constexpr (bytes == 2) {
#pragma unroll
      for (int i = 0; i < 16 / bits; i++)
        if (i >= first)
          packet.half =
              static_cast<uint16_t>((packet.half & ~(15u << i * bits)) | zero << i * bits);
    } else {
      constexpr uint32_t mask = bits == 8 ? 255u : 15u;
#pragma unroll
      for (int i = 0; i < bytes * 8 / bits; i++)
        if (i >= first) {
          constexpr int per_word = 32 / bits;
          uint32_t& word = packet.words[i / per_word];
          word = (word & ~(mask << i % per_word * bits)) | zero << i % per_word * bits;
        }
    }
  }
};

}  // namespace sigil
