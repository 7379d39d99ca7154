// B of codes, which threads unpack to the type of A on the way.
#pragma once
#include "gemm/gather_copy.cuh"
#include "hopper/gemm.cuh"

namespace sigil {

/**
 * The copying warpgroup reads columns of B, which are rows in memory, by `Source` (see
 * gemm/quantized_rows.cuh) and writes them as TMA would; one of its threads fetches A by TMA, in
 * boxes of 64 by tile_rows, swizzled by 128 bytes. Eight threads share a column, a chunk of 16
 * bytes each. Blocks of a cluster would each unpack all of B: they have nothing to share.
 */
template <class Source, int columns>
struct UnpackedColumns {
  const TensorMap* map_a;
  Source source;
  /// Who expects the bytes of A, and the four warps.
  static constexpr int arrivals = 5;

  SIGIL_DEVICE void prefetch() const { tensor_prefetch(map_a); }

  template <class Config, int steps>
  SIGIL_DEVICE void fill(const CopyOrder& order, int) const {
    static_assert(Config::cluster == 1);
    using Element = typename Config::Element;
    constexpr int turns = Config::tile_columns / 16;
    const int thread = thread_x() % 128, own_column = thread / 8, chunk = thread % 8;
    const int place = own_column * 128 + ((chunk ^ own_column % 8) << 4);
    // Past the depth nothing is fetched, and what is held meets zeros of A: it must be a number.
    typename Source::template Held<8> held[turns] = {};
    const auto fetch = [&](int turn, int column, int step) {
      const int index = column * Config::tile_columns + turn * 16 + own_column;
      // Columns past the last repeat it: their results are not stored.
      source.fetch(held[turn], source.row(index < columns ? index : columns - 1),
                   step * Config::tile_depth + 8 * chunk);
    };
    int row, column;
    order.tiles.locate(order.cluster_index, row, column);
#pragma unroll
    for (int turn = 0; turn < turns; turn++) fetch(turn, column, 0);
    // Weights are nobody's result.
    wait_for_predecessor();
    RingPosition<Config::stages> at;
#pragma unroll 1
    for (int tile = order.cluster_index; tile < order.tiles.count(); tile += order.clusters) {
      order.tiles.locate(tile, row, column);
#pragma unroll 1
      for (int step = 0; step < steps; step++) {
        barrier_wait(Config::empty(at.stage), at.parity ^ 1);
        if (thread == 0) {
          barrier_arrive_expect(Config::full(at.stage), Config::a_bytes);
          tensor_load_2d(Config::a(at.stage), map_a, Config::full(at.stage),
                         step * Config::tile_depth, row * Config::tile_rows);
        }
        // Each chunk makes room for that of the step after this one, which has until then to
        // arrive. After the last tile its own first step comes again, for nobody.
        int next = step + 1, next_column = column;
        if (next == steps) {
          next = 0;
          int next_row;
          if (tile + order.clusters < order.tiles.count())
            order.tiles.locate(tile + order.clusters, next_row, next_column);
        }
#pragma unroll
        for (int turn = 0; turn < turns; turn++) {
          float values[8];
          Source::widen_all(values, held[turn]);
          store_run<8>(reinterpret_cast<Element*>(Config::b(at.stage) + place + turn * (16 * 128)),
                       values);
          fetch(turn, next_column, next);
        }
        fence_async_proxy();
        sync_warp();
        if (thread % 32 == 0) barrier_arrive(Config::full(at.stage));
        at.advance();
      }
    }
  }
};

}  // namespace sigil
