// A softmax that runs along tiles of keys, in the fragments of wgmma: a thread has rows l / 4 and l
// / 4 + 8 of its warp's 16, and of every eight columns the two at 2 (l % 4); the four lanes of a
// row meet by shuffles.
#pragma once
#include "platform/numbers.cuh"

namespace sigil {

/// Of the two rows: the largest score so far, and this thread's share of the sum of exponentials
/// relative to it.
struct RunningSoftmax {
  float largest[2] = {-__builtin_huge_valf(), -__builtin_huge_valf()};
  float sum[2] = {};

  /// Adds a mask, one value for each of `valid` keys, to scaled scores; what it hides completely
  /// stays finite, so that a row with nothing else is an average.
  template <int n, int valid>
  static SIGIL_DEVICE void add_mask(float (&scores)[n / 2], const float* mask, float scale) {
    constexpr float log2e = 1.4426950408889634f, hidden = -3.0e38f;
#pragma unroll
    for (int j = 0; j < (valid + 7) / 8; j++)
#pragma unroll
      for (int i = 0; i < 2; i++) {
        const int column = 8 * j + thread_x() % 4 * 2 + i;
        const float added =
            valid % 8 == 0 || column < valid ? maximum(mask[column] * log2e, hidden) : 0.0f;
        scores[4 * j + i] = multiply_add(scores[4 * j + i], scale, added);
        scores[4 * j + 2 + i] = multiply_add(scores[4 * j + 2 + i], scale, added);
      }
  }

  /// Turns scores (`valid` columns of n) into exp2(scale * (score - largest)), zero past the valid
  /// ones, and gives what earlier results must be multiplied by. `scale` is positive.
  template <int n, int valid>
  SIGIL_DEVICE void add(float (&scores)[n / 2], float (&factor)[2], float scale) {
    const int column = thread_x() % 4 * 2;
#pragma unroll
    for (int j = valid / 8; j < n / 8; j++)
#pragma unroll
      for (int i = 0; i < 4; i++)
        if (8 * j + column + i % 2 >= valid) scores[4 * j + i] = -__builtin_huge_valf();
#pragma unroll
    for (int row = 0; row < 2; row++) {
      float even = largest[row], odd = scores[2 * row + 1];
#pragma unroll
      for (int j = 0; j < n / 8; j++) {
        even = maximum(even, scores[4 * j + 2 * row]);
        odd = maximum(odd, scores[4 * j + 2 * row + 1]);
      }
      even = maximum(even, odd);
      even = maximum(even, shuffle_xor(even, 1));
      even = maximum(even, shuffle_xor(even, 2));
      factor[row] = fast_exp2((largest[row] - even) * scale);
      largest[row] = even;
      const float shift = -even * scale;
      float sums[2] = {};
#pragma unroll
      for (int j = 0; j < n / 8; j++)
#pragma unroll
        for (int i = 0; i < 2; i++) {
          float& score = scores[4 * j + 2 * row + i];
          score = fast_exp2(multiply_add(score, scale, shift));
          sums[i] += score;
        }
      sum[row] = multiply_add(sum[row], factor[row], sums[0] + sums[1]);
    }
  }

  /// One over the sum of a whole row, once all keys were added.
  SIGIL_DEVICE float inverse(int row) const {
    float whole = sum[row];
    whole += shuffle_xor(whole, 1);
    whole += shuffle_xor(whole, 2);
    return 1.0f / whole;
  }
};

/// Scores as the register operand of the next product, rounded to T: what wgmma leaves for 16
/// columns is what it takes for a depth of 16.
template <class T, int n>
SIGIL_DEVICE void pack_weights(uint32_t (&packed)[n / 16][4], const float (&scores)[n / 2]) {
#pragma unroll
  for (int k = 0; k < n / 16; k++)
#pragma unroll
    for (int i = 0; i < 4; i++)
      packed[k][i] = narrow_pair<T>(scores[8 * k + 2 * i], scores[8 * k + 2 * i + 1]);
}

}  // namespace sigil
