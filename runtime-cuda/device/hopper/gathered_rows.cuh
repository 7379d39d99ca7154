// A that threads have to read: patches of pictures, converted to the type of B on the way.
#pragma once
#include "gemm/gather_copy.cuh"
#include "hopper/gemm.cuh"

namespace sigil {

/**
 * The copying warpgroup reads rows by `Source` (see gemm/gather_copy.cuh) and writes them as TMA
 * would. Eight threads share a row, a chunk of 16 bytes each: a warp reads whole stretches of four
 * neighbouring patches, and where in a patch a thread reads is the same for all of its rows.
 */
template <class Source>
struct GatheredRows {
  Source source;
  const TensorMap* map_b;
  /// Who expects the bytes of B, and the four warps.
  static constexpr int arrivals = 5;

  SIGIL_DEVICE void prefetch() const { tensor_prefetch(map_b); }

  template <class Config, int steps>
  SIGIL_DEVICE void fill(const CopyOrder& order, int rows) const {
    using Element = typename Config::Element;
    constexpr int turns = Config::tile_rows / 16;
    const int thread = thread_x() % 128, own_row = thread / 8, chunk = thread % 8;
    const int place = own_row * 128 + ((chunk ^ own_row % 8) << 4);
    typename Source::Row lines[turns];
    typename Source::template Held<8> held[turns];
    const auto start = [&](int row) {
      const int first_row = (row * Config::cluster + order.rank) * Config::tile_rows + own_row;
      // Rows past the last repeat it: their results are not stored.
#pragma unroll
      for (int turn = 0; turn < turns; turn++)
        lines[turn] = source.row(first_row + turn * 16 < rows ? first_row + turn * 16 : rows - 1);
    };
    wait_for_predecessor();
    int row, column;
    order.tiles.locate(order.cluster_index, row, column);
    start(row);
#pragma unroll
    for (int turn = 0; turn < turns; turn++) source.fetch(held[turn], lines[turn], 8 * chunk);
    RingPosition<Config::stages> at;
#pragma unroll 1
    for (int tile = order.cluster_index; tile < order.tiles.count(); tile += order.clusters) {
      order.tiles.locate(tile, row, column);
#pragma unroll 1
      for (int step = 0; step < steps; step++) {
        barrier_wait(Config::empty(at.stage), at.parity ^ 1);
        if (thread == 0) {
          barrier_arrive_expect(Config::full(at.stage), Config::b_bytes);
          copy_b<Config>(map_b, at.stage, column, step, order.rank);
        }
        // Each chunk makes room for that of the step after this one, which has until then to
        // arrive. After the last tile its own first step comes again, for nobody.
        int next = step + 1;
        if (next == steps) {
          next = 0;
          if (tile + order.clusters < order.tiles.count()) {
            int next_column;
            order.tiles.locate(tile + order.clusters, row, next_column);
            start(row);
          }
        }
#pragma unroll
        for (int turn = 0; turn < turns; turn++) {
          float values[8];
          Source::widen_all(values, held[turn]);
          store_run<8>(reinterpret_cast<Element*>(Config::a(at.stage) + place + turn * (16 * 128)),
                       values);
          source.fetch(held[turn], lines[turn], next * Config::tile_depth + 8 * chunk);
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
