// An expression of every element, and copies of rows.
#pragma once
#include "common/vectors.cuh"

namespace sigil {

/// out[start(row) + column] = compute(row, column) over [rows, width], `run` elements a thread.
template <int width, int run, int threads, class Compute, class Start, class Result>
SIGIL_DEVICE void map_rows(const Compute& compute, const Start& start, Result* out, int rows) {
  constexpr int runs = width / run;
  const ptrdiff_t index = static_cast<ptrdiff_t>(block_x()) * threads + thread_x();
  const int row = static_cast<int>(index / runs), column = static_cast<int>(index % runs) * run;
  if (row >= rows) return;
  float values[run];
  compute(values, row, column);
  store_run<run>(out + start(row) + column, values);
}

/// Rows that follow one another.
template <int width>
struct WholeRows {
  SIGIL_DEVICE ptrdiff_t operator()(int row) const { return static_cast<ptrdiff_t>(row) * width; }
};

/// out[row, column] = compute(row, column) over [rows, width], `run` elements a thread.
template <int width, int run, int threads, class Compute, class Result>
SIGIL_DEVICE void map_elements(const Compute& compute, Result* out, int rows) {
  map_rows<width, run, threads>(compute, WholeRows<width>{}, out, rows);
}

}  // namespace sigil
