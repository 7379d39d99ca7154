// C = epilogue(A B^T) in float32 throughout: a thread keeps a grid of sums and reads four depths at
// a time of its rows of A and B.
#pragma once
#include "gemm/gather_copy.cuh"
#include "gemm/mma.cuh"
#include "gemm/row_copy.cuh"

namespace sigil {

/// 16 by `down` threads, each with every 16th column and every `down`th row of the block's tile.
template <int tile_rows_, int tile_columns_, int tile_depth_, int down_, int stages_>
struct FmaConfig {
  using Element = float;
  static constexpr int tile_rows = tile_rows_, tile_columns = tile_columns_,
                       tile_depth = tile_depth_, down = down_, stages = stages_;
  static constexpr int threads = 16 * down;
  static_assert(tile_rows % down == 0 && tile_columns % 16 == 0 && stages >= 2);
  using TileA = Tile<float, tile_rows, tile_depth, threads>;
  using TileB = Tile<float, tile_columns, tile_depth, threads>;
  static constexpr int shared_bytes = stages * (TileA::bytes + TileB::bytes);
};

template <class Config, int depth, class A, class B, class Finish, class Result>
SIGIL_DEVICE void multiply_fma(A a, B b, const Finish& finish, Result* c, int tile_row,
                               int tile_column, int rows, int columns) {
  using TileA = typename Config::TileA;
  using TileB = typename Config::TileB;
  constexpr int own_rows = Config::tile_rows / Config::down,
                own_columns = Config::tile_columns / 16;
  constexpr int steps = (depth + Config::tile_depth - 1) / Config::tile_depth;
  constexpr int stages = Config::stages, stage_bytes = TileA::bytes + TileB::bytes;

  char* const memory = shared_memory();
  const int across = thread_x() % 16, down = thread_x() / 16;
  static_assert(Config::down % 8 == 0, "a thread's rows are swizzled alike");
  float sums[own_rows][own_columns] = {};

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

  int reading = 0, writing = stages - 1;
  for (int step = 0; step < steps; step++) {
    copy_async_wait<stages - 2>();
    sync_threads();
    char* const arriving = memory + writing * stage_bytes;
    const char* const stage = memory + reading * stage_bytes;
    const int next = step + stages - 1;
    if (next < steps) {
      a.fetch(arriving, next * Config::tile_depth);
      b.fetch(arriving + TileA::bytes, next * Config::tile_depth);
    }
    copy_async_commit();
    // Rolled: with chunks unrolled ptxas reads ahead until 128 registers overflow.
#pragma unroll 1
    for (int chunk = 0; chunk < TileA::chunks; chunk++) {
      float from_a[own_rows][4];
#pragma unroll
      for (int i = 0; i < own_rows; i++)
        load_run<4>(from_a[i],
                    reinterpret_cast<const float*>(stage + TileA::offset(down, chunk) +
                                                   i * (Config::down * TileA::row_bytes)));
#pragma unroll
      for (int j = 0; j < own_columns; j++) {
        float from_b[4];
        load_run<4>(from_b, reinterpret_cast<const float*>(stage + TileA::bytes +
                                                           TileB::offset(across, chunk) +
                                                           j * (16 * TileB::row_bytes)));
#pragma unroll
        for (int e = 0; e < 4; e++)
#pragma unroll
          for (int i = 0; i < own_rows; i++)
            sums[i][j] = multiply_add(from_a[i][e], from_b[e], sums[i][j]);
      }
    }
    if (next < steps) {
      a.deposit(arriving);
      b.deposit(arriving + TileA::bytes);
    }
    reading = reading + 1 == stages ? 0 : reading + 1;
    writing = writing + 1 == stages ? 0 : writing + 1;
  }

#pragma unroll
  for (int i = 0; i < own_rows; i++)
#pragma unroll
    for (int j = 0; j < own_columns; j++) {
      const int row = tile_row + down + Config::down * i, column = tile_column + across + 16 * j;
      float value[1] = {sums[i][j]};
      if (row < rows && column < columns) finish_run<1>(value, finish, c, row, column, columns);
    }
}

}  // namespace sigil
