// The arithmetic of matrix units: 16 rows times 16 of depth times 8 columns at a time, in float32.
#pragma once
#include "engine/number_formats.h"

namespace sigil::emulator {

typedef float Eight __attribute__((vector_size(32)));

/// sums[16][groups of 8] += a[16][16] * b[16][groups of 8]; rows of b and of sums lie `groups`
/// vectors apart.
inline void multiply_rows(Eight* sums, const float (*a)[16], const Eight* b, int groups) {
  for (int row = 0; row < 16; row++) {
    int group = 0;
    for (; group + 4 <= groups; group += 4) {
      Eight* to = sums + row * groups + group;
      Eight s0 = to[0], s1 = to[1], s2 = to[2], s3 = to[3];
      for (int k = 0; k < 16; k++) {
        const Eight* from = b + k * groups + group;
        const float value = a[row][k];
        s0 += value * from[0], s1 += value * from[1], s2 += value * from[2], s3 += value * from[3];
      }
      to[0] = s0, to[1] = s1, to[2] = s2, to[3] = s3;
    }
    for (; group < groups; group++) {
      Eight sum = sums[row * groups + group];
      for (int k = 0; k < 16; k++) sum += a[row][k] * b[k * groups + group];
      sums[row * groups + group] = sum;
    }
  }
}

/// Both halves of a register.
template <bool bf16>
inline void widen_pair(uint32_t pair, float& low, float& high) {
  low = bf16 ? widen_bf16(static_cast<uint16_t>(pair)) : widen_f16(static_cast<uint16_t>(pair));
  high = bf16 ? widen_bf16(static_cast<uint16_t>(pair >> 16))
              : widen_f16(static_cast<uint16_t>(pair >> 16));
}

/// The A fragment of m16n8k16 (and of one warp of wgmma m64k16): a register of lane l holds row l /
/// 4 (+ 8 when odd), columns l % 4 * 2 and next (+ 8 from the third).
template <bool bf16>
inline void widen_a_fragment(float (&a)[16][16], uint32_t lane, const uint32_t* registers) {
  for (uint32_t i = 0; i < 4; i++) {
    const uint32_t row = lane / 4 + (i & 1) * 8, column = lane % 4 * 2 + (i >> 1) * 8;
    widen_pair<bf16>(registers[i], a[row][column], a[row][column + 1]);
  }
}

}  // namespace sigil::emulator
