// C = epilogue(A B^T) on the tensor cores of sm_80 and up: a ring of tiles filled by cp.async,
// ldmatrix one step ahead of mma.sync, and sums that leave by rows of shared memory so that the
// epilogue reads and writes whole sectors.
#pragma once
#include "gemm/gather_copy.cuh"
#include "gemm/row_copy.cuh"
#include "platform/matrix.cuh"

namespace sigil {

/// How a block computes `tile_rows` by `tile_columns` of C: warps side by side, `stages` tiles of
/// `tile_depth` in flight.
template <class Element_, int tile_rows_, int tile_columns_, int tile_depth_, int warps_down_,
          int warps_across_, int stages_>
struct MmaConfig {
  using Element = Element_;
  static constexpr int tile_rows = tile_rows_, tile_columns = tile_columns_,
                       tile_depth = tile_depth_, warps_down = warps_down_,
                       warps_across = warps_across_, stages = stages_;
  static constexpr int threads = 32 * warps_down * warps_across;
  static constexpr int warp_rows = tile_rows / warps_down,
                       warp_columns = tile_columns / warps_across;
  static_assert(warp_rows % 16 == 0 && warp_columns % 16 == 0 && tile_depth % 32 == 0 &&
                stages >= 2);
  using TileA = Tile<Element, tile_rows, tile_depth, threads>;
  using TileB = Tile<Element, tile_columns, tile_depth, threads>;
  /// Floats between rows of the slab of sums: eight more banks a row, so that a fragment's rows do
  /// not meet.
  static constexpr int slab_pitch = warp_columns + 8;
  static constexpr int slab_bytes = 16 * slab_pitch * 4;
  static constexpr int ring_bytes = stages * (TileA::bytes + TileB::bytes);
  static constexpr int shared_bytes = ring_bytes > warps_down * warps_across * slab_bytes
                                          ? ring_bytes
                                          : warps_down * warps_across * slab_bytes;
};

/// Finishes `count` elements of a row and stores them.
template <int count, class Finish, class Result>
SIGIL_DEVICE void finish_run(float (&values)[count], const Finish& finish, Result* c, int row,
                             int column, int columns) {
  finish(values, row, column);
  store_run<count>(c + static_cast<ptrdiff_t>(row) * columns + column, values);
}

/// One tile of C, the block's at (`row`, `column`). `vector`: 4 if every row of C and of the
/// epilogue's operands is aligned to four elements, else 1.
template <class Config, int depth, int vector, class A, class B, class Finish, class Result>
SIGIL_DEVICE void multiply_mma(A a, B b, const Finish& finish, Result* c, int tile_row,
                               int tile_column, int rows, int columns) {
  using Element = typename Config::Element;
  using TileA = typename Config::TileA;
  using TileB = typename Config::TileB;
  constexpr int tiles_down = Config::warp_rows / 16, pairs_across = Config::warp_columns / 16;
  constexpr int steps = (depth + Config::tile_depth - 1) / Config::tile_depth,
                inner = Config::tile_depth / 16;
  constexpr int stages = Config::stages, stage_bytes = TileA::bytes + TileB::bytes;

  char* const memory = shared_memory();
  const int lane = thread_x() % 32, warp = thread_x() / 32;
  const int warp_row = warp / Config::warps_across * Config::warp_rows,
            warp_column = warp % Config::warps_across * Config::warp_columns;
  float sums[tiles_down][2 * pairs_across][4] = {};
  uint32_t fragments_a[2][tiles_down][4], fragments_b[2][pairs_across][4];

  const auto load_fragments = [&](int buffer, const char* stage, int k) {
#pragma unroll
    for (int i = 0; i < tiles_down; i++)
      load_matrix_x4(fragments_a[buffer][i],
                     stage + TileA::offset(warp_row + lane % 16, 2 * k + lane / 16) +
                         i * (16 * TileA::row_bytes));
#pragma unroll
    for (int j = 0; j < pairs_across; j++)
      load_matrix_x4(
          fragments_b[buffer][j],
          stage + TileA::bytes +
              TileB::offset(warp_column + lane % 8 + lane / 16 * 8, 2 * k + lane / 8 % 2) +
              j * (16 * TileB::row_bytes));
  };

#pragma unroll
  for (int stage = 0; stage < stages - 1; stage++) {
    if (stage < steps) {
      char* const place = memory + stage * stage_bytes;
      a.fetch(place, stage * Config::tile_depth);
      b.fetch(place + TileA::bytes, stage * Config::tile_depth);
      a.deposit(place);
      b.deposit(place + TileA::bytes);
    }
    copy_async_commit();
  }
  copy_async_wait<stages - 2>();
  sync_threads();
  load_fragments(0, memory, 0);

  int reading = 0, writing = stages - 1;
  for (int step = 0; step < steps; step++) {
    char* const arriving = memory + writing * stage_bytes;
    const int next = step + stages - 1;
#pragma unroll
    for (int k = 0; k < inner; k++) {
      if (k == inner - 1) {
        copy_async_wait<stages - 2>();
        sync_threads();
        reading = reading + 1 == stages ? 0 : reading + 1;
      }
      // The last step reads a stage that nothing uses any more.
      if (k < inner - 1 || step + 1 < steps)
        load_fragments((k + 1) % 2, memory + reading * stage_bytes, (k + 1) % inner);
      if (k == 0) {
        // Everyone is past the stage before: its last fragments were read before the barrier.
        if (next < steps) {
          a.fetch(arriving, next * Config::tile_depth);
          b.fetch(arriving + TileA::bytes, next * Config::tile_depth);
        }
        copy_async_commit();
      }
#pragma unroll
      for (int i = 0; i < tiles_down; i++)
#pragma unroll
        for (int j = 0; j < pairs_across; j++) {
          multiply_m16n8k16<Element>(sums[i][2 * j], fragments_a[k % 2][i],
                                     {fragments_b[k % 2][j][0], fragments_b[k % 2][j][1]});
          multiply_m16n8k16<Element>(sums[i][2 * j + 1], fragments_a[k % 2][i],
                                     {fragments_b[k % 2][j][2], fragments_b[k % 2][j][3]});
        }
      if (k == inner - 2 && next < steps) {
        a.deposit(arriving);
        b.deposit(arriving + TileA::bytes);
      }
    }
    writing = writing + 1 == stages ? 0 : writing + 1;
  }
  copy_async_wait<0>();
  sync_threads();

  float* const slab = reinterpret_cast<float*>(memory + warp * Config::slab_bytes);
  constexpr int quads = Config::warp_columns / 4;
#pragma unroll
  for (int i = 0; i < tiles_down; i++) {
    const int first_row = tile_row + warp_row + 16 * i;
    if (first_row >= rows) break;
#pragma unroll
    for (int j = 0; j < 2 * pairs_across; j++) {
      store_run<2>(slab + lane / 4 * Config::slab_pitch + 8 * j + lane % 4 * 2,
                   {sums[i][j][0], sums[i][j][1]});
      store_run<2>(slab + (lane / 4 + 8) * Config::slab_pitch + 8 * j + lane % 4 * 2,
                   {sums[i][j][2], sums[i][j][3]});
    }
    sync_warp();
#pragma unroll
    for (int at = lane; at < 16 * quads; at += 32) {
      const int row = first_row + at / quads, column = tile_column + warp_column + at % quads * 4;
      float values[4];
      load_run<4>(values, slab + at / quads * Config::slab_pitch + at % quads * 4);
      if (row < rows && column < columns) {
        if constexpr (vector == 4)
          finish_run<4>(values, finish, c, row, column, columns);
        else {
#pragma unroll
          for (int e = 0; e < 4; e++) {
            float value[1] = {values[e]};
            if (column + e < columns) finish_run<1>(value, finish, c, row, column + e, columns);
          }
        }
      }
    }
    sync_warp();
  }
}

}  // namespace sigil
