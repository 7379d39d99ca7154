// What every attention kernel knows when it is compiled.
#pragma once
#include "common/vectors.cuh"
#include "platform/async_copy.cuh"

namespace sigil {

constexpr float log2_e = 1.4426950408889634f;

/// Rows of q, k and v are `stride` elements apart; the output is [batch, queries, heads *
/// head_size], probabilities [batch, heads, queries, keys].
template <int heads_, int head_size_, int queries_, int keys_, int query_stride_, int key_stride_,
          int value_stride_, bool shared_query_, bool masked_, bool probabilities_>
struct AttentionShape {
  static constexpr int heads = heads_, head_size = head_size_, queries = queries_, keys = keys_,
                       query_stride = query_stride_, key_stride = key_stride_,
                       value_stride = value_stride_;
  static constexpr bool shared_query = shared_query_, masked = masked_,
                        probabilities = probabilities_;
};

/// Scores in units of log2, so that a weight is 2^(score - largest). A mask keeps the order of
/// operations that cannot overflow: it may be the lowest float32.
template <class Shape>
struct Scores {
  float scale;
  /// What is compared for the maximum; `mask` is zero without one.
  SIGIL_DEVICE float value(float product, float mask) const {
    return Shape::masked ? multiply_add(product, scale, mask) : product;
  }
  /// How much weights so far shrink when the maximum grows.
  SIGIL_DEVICE float shrink(float before, float largest) const {
    return fast_exp2((before - largest) * (Shape::masked ? log2_e : scale * log2_e));
  }
  /// The maximum as `weight` wants it: once a row rather than once a score.
  SIGIL_DEVICE float origin(float largest) const {
    return Shape::masked ? largest : -largest * (scale * log2_e);
  }
  SIGIL_DEVICE float weight(float value, float origin) const {
    return fast_exp2(Shape::masked ? (value - origin) * log2_e
                                   : multiply_add(value, scale * log2_e, origin));
  }
};

/// Copies `rows` rows of a head, `stride` elements apart, into shared rows `pitch` chunks of 16
/// bytes apart and `chunks` long: zeros past the head and past `exist`ing rows. A thread keeps its
/// chunk, so that its addresses differ by constants.
template <class Element, int rows, int head_size, int stride, int chunks, int pitch, int run,
          int threads, class From>
SIGIL_DEVICE void copy_head(char* tile, const From* from, int exist) {
  constexpr int per_chunk = 16 / static_cast<int>(sizeof(Element)), rows_a_turn = threads / chunks,
                turns = (rows + rows_a_turn - 1) / rows_a_turn;
  static_assert(rows_a_turn > 0, "a head has more chunks than the block threads");
  const int first_row = thread_x() / chunks, first = thread_x() % chunks * per_chunk;
  if (threads % chunks != 0 && first_row >= rows_a_turn) return;
  char* const to = tile + (first_row * pitch + thread_x() % chunks) * 16;
  const From* const source = from + static_cast<ptrdiff_t>(first_row) * stride + first;
#pragma unroll
  for (int turn = 0; turn < turns; turn++) {
    const int row = first_row + turn * rows_a_turn;
    if (rows % rows_a_turn != 0 && row >= rows) return;
    char* const place = to + turn * (rows_a_turn * pitch * 16);
    const From* const place_from = source + static_cast<ptrdiff_t>(turn) * rows_a_turn * stride;
    if constexpr (sizeof(From) == sizeof(Element) && run * sizeof(Element) >= 4) {
      constexpr int bytes = run * static_cast<int>(sizeof(Element));
#pragma unroll
      for (int p = 0; p < per_chunk; p += run)
        copy_async<bytes>(
            place + p * sizeof(Element), place_from + p,
            row < exist && (chunks * per_chunk == head_size || first + p < head_size) ? bytes : 0);
    } else {
      float values[per_chunk];
#pragma unroll
      for (int p = 0; p < per_chunk; p++)
        values[p] = row < exist && first + p < head_size ? widen(place_from[p]) : 0.0f;
      store_run<per_chunk>(reinterpret_cast<Element*>(place), values);
    }
  }
}

}  // namespace sigil
