// What a warp has under way in the matrix units.
#pragma once
#include <memory>

#include "engine/machine.h"
#include "engine/product.h"

namespace sigil::emulator {

/// Sums of 16 rows, from the first product on them to the wait that hands them back; kept
/// afterwards to see whether the warp changes them.
struct HeldSums {
  int columns = 0;
  /// Products under way on them.
  int products = 0;
  bool delivered = true;
  float* registers[warp_size] = {};
  Eight data[16 * 32];
};

struct Product {
  uint64_t a, b, group;
  uint32_t fragments[warp_size][4];
  HeldSums* sums;
  bool a_in_registers, b_transposed, accumulate, executed;
  Format format;
  /// For the watch: what the warp knew when it issued the product, and at its lanes' fences.
  View issued;
  std::vector<View> fences;
};

struct WarpMatrixState {
  std::vector<std::unique_ptr<HeldSums>> sums;
  std::vector<Product> products;
  uint64_t group = 0;
  /// Products issued; in the first warp of a warpgroup also what each of them was, which the other
  /// three must repeat.
  size_t issued = 0;
  std::vector<uint64_t> order;
  /// Whether a fence came after sums were last handed back, and whether one ever came.
  bool fenced = false, ever_fenced = false;
};

}  // namespace sigil::emulator
