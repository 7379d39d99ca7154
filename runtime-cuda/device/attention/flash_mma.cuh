// Flash attention on tensor cores: q stays in registers, tiles of K and V come by cp.async one
// ahead, the softmax runs along.
#pragma once
#include "attention/problem.cuh"
#include "common/reduce.cuh"
#include "platform/matrix.cuh"

namespace sigil {

/// A block has `warps` warps with 16 * `tiles_down` queries each and goes over the keys `tile_keys`
/// at a time. `run` elements of q, k and v are aligned.
template <class Element_, class Shape_, int warps_, int tiles_down_, int tile_keys_, int run_>
struct FlashMmaConfig {
  using Element = Element_;
  using Shape = Shape_;
  static constexpr int warps = warps_, tiles_down = tiles_down_, tile_keys = tile_keys_, run = run_;
  static constexpr int threads = 32 * warps, warp_queries = 16 * tiles_down,
                       tile_queries = warps * warp_queries;
  /// Depths of 16 of a head for q k^T, and chunks of 16 bytes of a row; an odd pitch keeps eight
  /// rows in different banks.
  static constexpr int depths = (Shape::head_size + 15) / 16, chunks = 2 * depths,
                       pitch = chunks + 1;
  static constexpr int query_bytes = tile_queries * pitch * 16, tile_bytes = tile_keys * pitch * 16;
  /// The queries lie where the second tiles come once they are in registers, and the results there
  /// at the end.
  static constexpr int shared_bytes =
      2 * tile_bytes + (query_bytes > 2 * tile_bytes ? query_bytes : 2 * tile_bytes);
  static constexpr int query_tiles = (Shape::queries + tile_queries - 1) / tile_queries;
  static_assert(tile_keys % 16 == 0);
};

template <int value_>
struct Constant {
  static constexpr int value = value_;
};

template <class Config, class Mask, class Out>
SIGIL_DEVICE void attend_mma(const typename Config::Element* q, const typename Config::Element* k,
                             const typename Config::Element* v, const Mask* mask, Out* out,
                             float* probabilities, float scale) {
  using Element = typename Config::Element;
  using Shape = typename Config::Shape;
  constexpr int tiles_down = Config::tiles_down, depths = Config::depths, pitch = Config::pitch,
                tile_keys = Config::tile_keys, keys = Shape::keys, head_size = Shape::head_size;
  constexpr int eights = (head_size + 7) / 8;
  constexpr int whole_tiles = keys / tile_keys, tail = keys % tile_keys,
                tiles = whole_tiles + (tail > 0);

  const int query_tile = block_x() % Config::query_tiles,
            head = block_x() / Config::query_tiles % Shape::heads,
            batch = block_x() / (Config::query_tiles * Shape::heads);
  const int lane = thread_x() % 32, warp = thread_x() / 32;
  const int first_query = query_tile * Config::tile_queries,
            own_query = first_query + warp * Config::warp_queries;
  const Scores<Shape> rule{scale};
  char* const ring = shared_memory();
  char* const query_rows = ring + 2 * Config::tile_bytes;
  const Element* const all_keys =
      k + static_cast<ptrdiff_t>(batch) * keys * Shape::key_stride + head * head_size;
  const Element* const all_values =
      v + static_cast<ptrdiff_t>(batch) * keys * Shape::value_stride + head * head_size;

  const auto fetch_keys = [&](int tile) {
    copy_head<Element, tile_keys, head_size, Shape::key_stride, Config::chunks, pitch, Config::run,
              Config::threads>(
        ring + tile % 2 * (2 * Config::tile_bytes),
        all_keys + static_cast<ptrdiff_t>(tile) * tile_keys * Shape::key_stride,
        keys - tile * tile_keys);
  };
  const auto fetch_values = [&](int tile) {
    copy_head<Element, tile_keys, head_size, Shape::value_stride, Config::chunks, pitch,
              Config::run, Config::threads>(
        ring + tile % 2 * (2 * Config::tile_bytes) + Config::tile_bytes,
        all_values + static_cast<ptrdiff_t>(tile) * tile_keys * Shape::value_stride,
        keys - tile * tile_keys);
  };

  copy_head<Element, Config::tile_queries, head_size, Shape::query_stride, Config::chunks, pitch,
            Config::run, Config::threads>(
      query_rows,
      q +
          (static_cast<ptrdiff_t>(Shape::shared_query ? 0 : batch) * Shape::queries + first_query) *
              Shape::query_stride +
          head * head_size,
      Shape::queries - first_query);
  fetch_keys(0);
  fetch_values(0);
  copy_async_commit();
  copy_async_wait<0>();
  sync_threads();
  uint32_t queries[tiles_down][depths][4];
#pragma unroll
  for (int i = 0; i < tiles_down; i++)
#pragma unroll
    for (int d = 0; d < depths; d++)
      load_matrix_x4(queries[i][d],
                     query_rows + ((warp * Config::warp_queries + 16 * i + lane % 16) * pitch +
                                   2 * d + lane / 16) *
                                      16);

  float sums[tiles_down][eights][4] = {}, largest[tiles_down][2], totals[tiles_down][2] = {};
#pragma unroll
  for (int i = 0; i < tiles_down; i++) largest[i][0] = largest[i][1] = -INFINITY;

  // Scores of this warp's queries with `count` keys of a tile, in 16 * pairs columns; past the last
  // key they are -infinity.
  const auto score = [&](auto& scores, const char* key_rows, int first_key, auto count) {
    constexpr int existing = decltype(count)::value, pairs = (existing + 15) / 16;
#pragma unroll
    for (int p = 0; p < pairs; p++) {
#pragma unroll
      for (int i = 0; i < tiles_down; i++)
#pragma unroll
        for (int e = 0; e < 4; e++) scores[i][2 * p][e] = scores[i][2 * p + 1][e] = 0.0f;
#pragma unroll
      for (int d = 0; d < depths; d++) {
        uint32_t fragment[4];
        load_matrix_x4(
            fragment,
            key_rows + ((16 * p + lane % 8 + lane / 16 * 8) * pitch + 2 * d + lane / 8 % 2) * 16);
#pragma unroll
        for (int i = 0; i < tiles_down; i++) {
          multiply_m16n8k16<Element>(scores[i][2 * p], queries[i][d], {fragment[0], fragment[1]});
          multiply_m16n8k16<Element>(scores[i][2 * p + 1], queries[i][d],
                                     {fragment[2], fragment[3]});
        }
      }
    }
#pragma unroll
    for (int n = 0; n < 2 * pairs; n++)
#pragma unroll
      for (int e = 0; e < 2; e++) {
        const int column = 8 * n + lane % 4 * 2 + e;
        const bool exists = 8 * n + 8 <= existing || column < existing;
        float term = 0.0f;
        if constexpr (Shape::masked) {
          if (exists) term = widen(mask[static_cast<ptrdiff_t>(batch) * keys + first_key + column]);
        }
#pragma unroll
        for (int i = 0; i < tiles_down; i++) {
          scores[i][n][e] = exists ? rule.value(scores[i][n][e], term) : -INFINITY;
          scores[i][n][e + 2] = exists ? rule.value(scores[i][n][e + 2], term) : -INFINITY;
        }
      }
  };

  const auto attend = [&](int tile, auto count) {
    constexpr int pairs = (decltype(count)::value + 15) / 16;
    copy_async_wait<0>();
    sync_threads();
    // The other half of the ring was read before the barrier.
    if (tile + 1 < tiles) {
      fetch_keys(tile + 1);
      fetch_values(tile + 1);
    }
    copy_async_commit();
    // A warp without queries has only copied.
    if (own_query >= Shape::queries) return;
    const char* const key_rows = ring + tile % 2 * (2 * Config::tile_bytes);
    const char* const value_rows = key_rows + Config::tile_bytes;
    float scores[tiles_down][2 * pairs][4];
    score(scores, key_rows, tile * tile_keys, count);
#pragma unroll
    for (int i = 0; i < tiles_down; i++)
#pragma unroll
      for (int half = 0; half < 2; half++) {
        float top = largest[i][half];
#pragma unroll
        for (int n = 0; n < 2 * pairs; n++)
          top = maximum(top, maximum(scores[i][n][2 * half], scores[i][n][2 * half + 1]));
        top = reduce_lanes<Maximum, 4>(top);
        const float shrink = rule.shrink(largest[i][half], top), origin = rule.origin(top);
        largest[i][half] = top;
        float total = totals[i][half] * shrink;
#pragma unroll
        for (int n = 0; n < 2 * pairs; n++)
#pragma unroll
          for (int e = 2 * half; e < 2 * half + 2; e++)
            total += scores[i][n][e] = rule.weight(scores[i][n][e], origin);
        totals[i][half] = total;
#pragma unroll
        for (int n = 0; n < eights; n++) {
          sums[i][n][2 * half] *= shrink;
          sums[i][n][2 * half + 1] *= shrink;
        }
      }
#pragma unroll
    for (int p = 0; p < pairs; p++) {
      uint32_t weights[tiles_down][4];
#pragma unroll
      for (int i = 0; i < tiles_down; i++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
          weights[i][half] =
              narrow_pair<Element>(scores[i][2 * p][2 * half], scores[i][2 * p][2 * half + 1]);
          weights[i][2 + half] = narrow_pair<Element>(scores[i][2 * p + 1][2 * half],
                                                      scores[i][2 * p + 1][2 * half + 1]);
        }
#pragma unroll
      for (int n = 0; n < eights; n += 2) {
        uint32_t fragment[4];
        load_matrix_x4_transposed(fragment,
                                  value_rows + ((16 * p + lane % 16) * pitch + n + lane / 16) * 16);
#pragma unroll
        for (int i = 0; i < tiles_down; i++) {
          multiply_m16n8k16<Element>(sums[i][n], weights[i], {fragment[0], fragment[1]});
          if (n + 1 < eights)
            multiply_m16n8k16<Element>(sums[i][n + 1 < eights ? n + 1 : n], weights[i],
                                       {fragment[2], fragment[3]});
        }
      }
    }
  };
  for (int tile = 0; tile < whole_tiles; tile++) attend(tile, Constant<tile_keys>{});
  if constexpr (tail > 0) attend(whole_tiles, Constant<tail>{});

  float inverse[tiles_down][2];
#pragma unroll
  for (int i = 0; i < tiles_down; i++)
#pragma unroll
    for (int half = 0; half < 2; half++)
      inverse[i][half] = 1.0f / reduce_lanes<Sum, 4>(totals[i][half]);

  if constexpr (Shape::probabilities) {
    const auto write = [&](int tile, auto count) {
      constexpr int pairs = (decltype(count)::value + 15) / 16;
      sync_threads();
      fetch_keys(tile);
      copy_async_commit();
      copy_async_wait<0>();
      sync_threads();
      if (own_query >= Shape::queries) return;
      float scores[tiles_down][2 * pairs][4];
      score(scores, ring + tile % 2 * (2 * Config::tile_bytes), tile * tile_keys, count);
#pragma unroll
      for (int i = 0; i < tiles_down; i++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
          const int query = own_query + 16 * i + lane / 4 + 8 * half;
          if (query >= Shape::queries) continue;
          float* const to =
              probabilities +
              ((static_cast<ptrdiff_t>(batch) * Shape::heads + head) * Shape::queries + query) *
                  keys +
              tile * tile_keys + lane % 4 * 2;
#pragma unroll
          for (int n = 0; n < 2 * pairs; n++)
#pragma unroll
            for (int e = 0; e < 2; e++)
              if (8 * n + lane % 4 * 2 + e < decltype(count)::value)
                to[8 * n + e] =
                    rule.weight(scores[i][n][2 * half + e], rule.origin(largest[i][half])) *
                    inverse[i][half];
        }
    };
    for (int tile = 0; tile < whole_tiles; tile++) write(tile, Constant<tile_keys>{});
    if constexpr (tail > 0) write(whole_tiles, Constant<tail>{});
  }
  if constexpr (sizeof(Out) == 2 && head_size % 8 == 0) sync_threads();
  if (own_query >= Shape::queries) return;

  Out* const to = out +
                  static_cast<ptrdiff_t>(batch) * Shape::queries * (Shape::heads * head_size) +
                  head * head_size;
  if constexpr (sizeof(Out) == 2 && head_size % 8 == 0) {
    // Through shared memory, so that whole sectors are stored; nobody reads tiles any more.
    char* const rows = query_rows + warp * Config::warp_queries * pitch * 16;
#pragma unroll
    for (int i = 0; i < tiles_down; i++)
#pragma unroll
      for (int half = 0; half < 2; half++)
#pragma unroll
        for (int n = 0; n < eights; n++)
          store_run<2>(
              reinterpret_cast<Out*>(rows + ((16 * i + lane / 4 + 8 * half) * pitch + n) * 16) +
                  lane % 4 * 2,
              {sums[i][n][2 * half] * inverse[i][half],
               sums[i][n][2 * half + 1] * inverse[i][half]});
    sync_warp();
#pragma unroll
    for (int at = lane; at < Config::warp_queries * eights; at += 32) {
      const int query = own_query + at / eights;
      if (query < Shape::queries)
        *reinterpret_cast<Packet<16>*>(
            to + static_cast<ptrdiff_t>(query) * (Shape::heads * head_size) + at % eights * 8) =
            *reinterpret_cast<const Packet<16>*>(rows + (at / eights * pitch + at % eights) * 16);
    }
  } else {
#pragma unroll
    for (int i = 0; i < tiles_down; i++)
#pragma unroll
      for (int half = 0; half < 2; half++) {
        const int query = own_query + 16 * i + lane / 4 + 8 * half;
        if (query >= Shape::queries) continue;
#pragma unroll
        for (int n = 0; n < eights; n++)
#pragma unroll
          for (int e = 0; e < 2; e++) {
            const int channel = 8 * n + lane % 4 * 2 + e;
            if (channel < head_size)
              to[static_cast<ptrdiff_t>(query) * (Shape::heads * head_size) + channel] =
                  narrow<Out>(sums[i][n][2 * half + e] * inverse[i][half]);
          }
      }
  }
}

}  // namespace sigil
