// A that threads have to read: patches of pictures, converted to the type of B on the way.
#pragma once
#include "gemm/gather_copy.cuh"
#include "hopper/gemm.cuh"

namespace sigil {

/// The copying warpgroup reads rows by `Source` (see gemm/gather_copy.cuh), a thread each, and writes them as TMA would.
template <class Source> struct GatheredRows {
  Source source;
  /// Who expects the bytes of B, and the four warps.
  static constexpr int arrivals = 5;

  SIGIL_DEVICE void prefetch() const {}

  template <class Config, int steps> SIGIL_DEVICE void fill(const TensorMap* map_b, const CopyOrder& order, int rows) const {
    using Element = typename Config::Element;
    const int thread = thread_x() % 128;
    wait_for_predecessor();
    RingPosition<Config::stages> at;
#pragma unroll 1
    for (int tile = order.cluster_index; tile < order.tiles.count(); tile += order.clusters) {
      int row, column;
      order.tiles.locate(tile, row, column);
      const int first_row = (row * Config::cluster + order.rank) * Config::tile_rows;
#pragma unroll 1
      for (int step = 0; step < steps; step++) {
        barrier_wait(Config::empty(at.stage), at.parity ^ 1);
        if (thread == 0) {
          barrier_arrive_expect(Config::full(at.stage), Config::b_bytes);
          copy_b<Config>(map_b, at.stage, column, step, order.rank);
        }
#pragma unroll 1
        for (int own = thread; own < Config::tile_rows; own += 128) {
          // Rows past the last repeat it: their results are not stored.
          const auto line = source.row(first_row + own < rows ? first_row + own : rows - 1);
          char* const place = Config::a(at.stage) + own * 128;
#pragma unroll
          for (int chunk = 0; chunk < 8; chunk++) {
            float values[8];
            source.read(values, line, step * Config::tile_depth + 8 * chunk);
            store_run<8>(reinterpret_cast<Element*>(place + ((chunk ^ own % 8) << 4)), values);
          }
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
