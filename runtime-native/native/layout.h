// How rows and weights lie in the memory of a program, and how much of it they take.
#pragma once
#include <algorithm>
#include "cores.h"
#include "descriptor.h"

namespace sigil::native {

constexpr int64_t line = 64;
inline int64_t round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}
inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Of rows as a product takes them; scales of the rows come behind them.
inline int64_t narrow_row_bytes(const Panels& panels, const Product& product) {
  return panels.depth * product.row_bytes;
}
inline int64_t scales_of_rows(int64_t rows, const Panels& panels, const Product& product) {
  return round_up(rows * narrow_row_bytes(panels, product), line);
}
inline int64_t narrow_bytes(int64_t rows, const Panels& panels, const Product& product) {
  return scales_of_rows(rows, panels, product) + rows * (int64_t)sizeof(float);
}

/// Of the depth, where a step takes four bytes of a row.
inline int64_t steps_of(const Panels& panels, const Product& product) {
  return (product.narrow ? narrow_row_bytes(panels, product) : 4 * panels.depth) / 4;
}
/// How many of them are multiplied at once.
inline int64_t longest_steps(const Panels& panels, const Product& product) {
  const int64_t steps = steps_of(panels, product);
  return product.pack_rows ? std::min(steps, longest_block) : steps;
}
/// Of rows with a block of the depth, packed.
inline int64_t packed_bytes(int64_t rows, const Panels& panels, const Product& product) {
  return rows * 4 * longest_steps(panels, product);
}

/// Integers in panels, the scales of their columns, what their sums are too large by.
struct IntegerPlaces {
  int64_t scales, offsets, bytes;
  IntegerPlaces(const Weight& weight, const Panels& panels) {
    const int64_t columns = round_up(weight.rows, group);
    scales = round_up(columns * panels.depth, line);
    offsets = scales + columns * (int64_t)sizeof(float);
    bytes = offsets + columns * (int64_t)sizeof(int32_t);
  }
};

/// The fewest rows of a block of a Gemm.
constexpr int64_t least_rows = 32;
/// Of rows that a thread multiplies: with a block of the depth they stay in half of the
/// second-level cache while the panels pass.
inline int64_t block_rows(const Panels& panels, const Product& product) {
  const int64_t bytes = 4 * longest_steps(panels, product);
  return std::max<int64_t>(least_rows, level_two_bytes() / 2 / bytes);
}

}  // namespace sigil::native
