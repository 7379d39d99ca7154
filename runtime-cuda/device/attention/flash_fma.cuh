// Flash attention in float32, operands of any type widened on their way: 16 threads share a query's
// keys, then its channels.
#pragma once
#include "attention/problem.cuh"
#include "common/reduce.cuh"

namespace sigil {

/// 8 rows of 16 threads, each with `own_queries` queries. K comes while the products with V run, V
/// while those with K do. `query_run`, `key_run` and `value_run` elements are aligned.
template <class Shape_, int own_queries_, int query_run_, int key_run_, int value_run_>
struct FlashFmaConfig {
  using Shape = Shape_;
  static constexpr int own_queries = own_queries_, query_run = query_run_, key_run = key_run_,
                       value_run = value_run_, threads = 128, tile_queries = 8 * own_queries,
                       tile_keys = 32;
  /// Chunks of four floats of a head; an odd pitch keeps eight rows in different banks.
  static constexpr int chunks = (Shape::head_size + 3) / 4, pitch = chunks | 1,
                       weight_pitch = tile_keys / 4 + 1;
  static constexpr int query_bytes = tile_queries * pitch * 16, tile_bytes = tile_keys * pitch * 16;
  static constexpr int shared_bytes =
      query_bytes + 2 * tile_bytes + tile_queries * weight_pitch * 16;
  static constexpr int query_tiles = (Shape::queries + tile_queries - 1) / tile_queries;
};

template <class Config, class Q, class K, class V, class Mask, class Out>
SIGIL_DEVICE void attend_fma(const Q* q, const K* k, const V* v, const Mask* mask, Out* out,
                             float* probabilities, float scale) {
  using Shape = typename Config::Shape;
  constexpr int own = Config::own_queries, pitch = Config::pitch, tile_keys = Config::tile_keys,
                keys = Shape::keys, head_size = Shape::head_size, width = Shape::heads * head_size;
  constexpr int tiles = (keys + tile_keys - 1) / tile_keys, own_keys = tile_keys / 16,
                own_channels = (head_size + 15) / 16;
  const int query_tile = block_x() % Config::query_tiles,
            head = block_x() / Config::query_tiles % Shape::heads,
            batch = block_x() / (Config::query_tiles * Shape::heads);
  const int across = thread_x() % 16, down = thread_x() / 16;
  const int first_query = query_tile * Config::tile_queries;
  const Scores<Shape> rule{scale};
  char* const query_rows = shared_memory();
  char* const key_rows = query_rows + Config::query_bytes;
  char* const value_rows = key_rows + Config::tile_bytes;
  float* const weights = reinterpret_cast<float*>(value_rows + Config::tile_bytes);
  const K* const all_keys =
      k + static_cast<ptrdiff_t>(batch) * keys * Shape::key_stride + head * head_size;
  const V* const all_values =
      v + static_cast<ptrdiff_t>(batch) * keys * Shape::value_stride + head * head_size;

  const auto fetch_keys = [&](int tile) {
    if (tile < tiles)
      copy_head<float, tile_keys, head_size, Shape::key_stride, Config::chunks, pitch,
                Config::key_run, Config::threads>(
          key_rows, all_keys + static_cast<ptrdiff_t>(tile) * tile_keys * Shape::key_stride,
          keys - tile * tile_keys);
    copy_async_commit();
  };
  const auto fetch_values = [&](int tile) {
    copy_head<float, tile_keys, head_size, Shape::value_stride, Config::chunks, pitch,
              Config::value_run, Config::threads>(
        value_rows, all_values + static_cast<ptrdiff_t>(tile) * tile_keys * Shape::value_stride,
        keys - tile * tile_keys);
    copy_async_commit();
  };
  // This thread's scores: queries down + 8 i, keys across + 16 j of the tile; -infinity past the
  // last key.
  const auto score = [&](float (&scores)[own][own_keys], int tile) {
#pragma unroll
    for (int i = 0; i < own; i++)
#pragma unroll
      for (int j = 0; j < own_keys; j++) scores[i][j] = 0.0f;
#pragma unroll 2
    for (int chunk = 0; chunk < Config::chunks; chunk++) {
      float from_k[own_keys][4];
#pragma unroll
      for (int j = 0; j < own_keys; j++)
        load_run<4>(from_k[j], reinterpret_cast<const float*>(
                                   key_rows + ((across + 16 * j) * pitch + chunk) * 16));
#pragma unroll
      for (int i = 0; i < own; i++) {
        float from_q[4];
        load_run<4>(from_q, reinterpret_cast<const float*>(query_rows +
                                                           ((down + 8 * i) * pitch + chunk) * 16));
#pragma unroll
        for (int j = 0; j < own_keys; j++)
#pragma unroll
          for (int e = 0; e < 4; e++)
            scores[i][j] = multiply_add(from_q[e], from_k[j][e], scores[i][j]);
      }
    }
#pragma unroll
    for (int j = 0; j < own_keys; j++) {
      const int key = tile * tile_keys + across + 16 * j;
      float term = 0.0f;
      if constexpr (Shape::masked) {
        if (key < keys) term = widen(mask[static_cast<ptrdiff_t>(batch) * keys + key]);
      }
#pragma unroll
      for (int i = 0; i < own; i++)
        scores[i][j] = key < keys ? rule.value(scores[i][j], term) : -INFINITY;
    }
  };

  copy_head<float, Config::tile_queries, head_size, Shape::query_stride, Config::chunks, pitch,
            Config::query_run, Config::threads>(
      query_rows,
      q +
          (static_cast<ptrdiff_t>(Shape::shared_query ? 0 : batch) * Shape::queries + first_query) *
              Shape::query_stride +
          head * head_size,
      Shape::queries - first_query);
  fetch_keys(0);
  float sums[own][own_channels] = {}, largest[own], totals[own] = {};
#pragma unroll
  for (int i = 0; i < own; i++) largest[i] = -INFINITY;

  for (int tile = 0; tile < tiles; tile++) {
    fetch_values(tile);
    copy_async_wait<1>();
    sync_threads();
    float scores[own][own_keys];
    score(scores, tile);
    sync_threads();
    fetch_keys(tile + 1);
#pragma unroll
    for (int i = 0; i < own; i++) {
      float top = largest[i];
#pragma unroll
      for (int j = 0; j < own_keys; j++) top = maximum(top, scores[i][j]);
      top = reduce_lanes<Maximum, 16>(top);
      const float shrink = rule.shrink(largest[i], top), origin = rule.origin(top);
      largest[i] = top;
      totals[i] *= shrink;
#pragma unroll
      for (int j = 0; j < own_keys; j++) {
        const float weight = rule.weight(scores[i][j], origin);
        totals[i] += weight;
        weights[(down + 8 * i) * (Config::weight_pitch * 4) + across + 16 * j] = weight;
      }
#pragma unroll
      for (int c = 0; c < own_channels; c++) sums[i][c] *= shrink;
    }
    // A query's weights are read by the 16 threads that wrote them; the barrier is for V.
    copy_async_wait<1>();
    sync_threads();
#pragma unroll 2
    for (int chunk = 0; chunk < tile_keys / 4; chunk++) {
      float from_v[4][own_channels];
#pragma unroll
      for (int e = 0; e < 4; e++)
#pragma unroll
        for (int c = 0; c < own_channels; c++)
          from_v[e][c] = head_size % 16 == 0 || across + 16 * c < head_size
                             ? reinterpret_cast<const float*>(value_rows + (4 * chunk + e) * pitch *
                                                                               16)[across + 16 * c]
                             : 0.0f;
#pragma unroll
      for (int i = 0; i < own; i++) {
        float weight[4];
        load_run<4>(weight, weights + (down + 8 * i) * (Config::weight_pitch * 4) + 4 * chunk);
#pragma unroll
        for (int e = 0; e < 4; e++)
#pragma unroll
          for (int c = 0; c < own_channels; c++)
            sums[i][c] = multiply_add(weight[e], from_v[e][c], sums[i][c]);
      }
    }
    sync_threads();
  }

  float inverse[own];
#pragma unroll
  for (int i = 0; i < own; i++) {
    inverse[i] = 1.0f / reduce_lanes<Sum, 16>(totals[i]);
    const int query = first_query + down + 8 * i;
    if (query >= Shape::queries) continue;
#pragma unroll
    for (int c = 0; c < own_channels; c++)
      if (head_size % 16 == 0 || across + 16 * c < head_size)
        out[(static_cast<ptrdiff_t>(batch) * Shape::queries + query) * width + head * head_size +
            across + 16 * c] = narrow<Out>(sums[i][c] * inverse[i]);
  }
  if constexpr (Shape::probabilities) {
    for (int tile = 0; tile < tiles; tile++) {
      sync_threads();
      fetch_keys(tile);
      copy_async_wait<0>();
      sync_threads();
      float scores[own][own_keys];
      score(scores, tile);
#pragma unroll
      for (int i = 0; i < own; i++)
#pragma unroll
        for (int j = 0; j < own_keys; j++) {
          const int query = first_query + down + 8 * i, key = tile * tile_keys + across + 16 * j;
          if (query < Shape::queries && key < keys)
            probabilities[((static_cast<ptrdiff_t>(batch) * Shape::heads + head) * Shape::queries +
                           query) *
                              keys +
                          key] = rule.weight(scores[i][j], rule.origin(largest[i])) * inverse[i];
        }
    }
  }
}

}  // namespace sigil
