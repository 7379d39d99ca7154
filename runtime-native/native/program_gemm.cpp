// How a Gemm is divided: rows that the caches hold, blocks of the depth, units of threads.
#include <algorithm>
#include "layout.h"
#include "program.h"

namespace sigil::native {
namespace {

/// A unit that takes less than some 20 microseconds costs more to hand out than it shares.
constexpr int64_t least_unit = 2'000'000;
/// While a panel comes from memory, this many rows can be multiplied by it.
constexpr int64_t rows_of_a_panel = 16;
/// Threads that divide the rows, each at least this many, read a panel at the same time, so that it
/// comes from memory once. Measured with two, this is worth 6 % of a tower of 196 rows.
constexpr int64_t rows_worth_a_panel = 64;
/// The fewest rows that a unit of packing has, unless all are fewer.
constexpr int64_t least_packed = 16;
/// Of Gemms, where small units cost nothing: 4 % of a tower less than with four.
constexpr int64_t gemm_units_per_thread = 16;

}  // namespace

void Program::gemm(const Launch& launch, int64_t rows) {
  const std::vector<Place>& o = launch.operands;
  const ExpressionText& e = launch.expression;
  Gemm g{};
  g.a = resolve(o[0]);
  g.a_stride = 4 * launch.stride;
  if (launch.a != Launch::Rows::matrix) {
    Patches patches = launch.patches;
    patches.pictures = g.a;
    patches.out = patches_.data();
    share_rows(rows, table_.patches, &patches);
    g.a = patches_.data();
    g.a_stride = 4 * launch.depth;
  }
  const Weight& weight = descriptor_.weights[(size_t)o[1].at];
  const Product& product = product_of(weight);
  g.b = resolve(o[1]);
  g.panels = panels_of(weight);
  Codes codes{weight.bits, weight.shared, (const uint8_t*)g.b, nullptr, nullptr, {}};
  if (weight.storage == Storage::int8) {
    const IntegerPlaces places(weight, g.panels);
    g.scales.columns = (const float*)((const char*)g.b + places.scales);
    g.scales.offsets = (const int32_t*)((const char*)g.b + places.offsets);
  } else if (weight.bits > 0) {
    codes.scales = (const float*)(codes.codes + weight.scales_offset());
    if (weight.zero_points)
      codes.zeros = (const float*)(codes.codes + weight.scales_offset() + weight.scale_bytes());
    std::copy(std::begin(weight.numbers), std::end(weight.numbers), codes.numbers);
    g.codes = &codes;
  }
  if (product.narrow) {
    const int64_t row_bytes = narrow_row_bytes(g.panels, product);
    float* scales = (float*)(narrow_.data() + scales_of_rows(rows, g.panels, product));
    const Narrow narrow{launch.depth, g.a, narrow_.data(), g.a_stride, row_bytes, scales};
    share_rows(rows, product.narrow, &narrow);
    g.a = narrow_.data();
    g.a_stride = row_bytes;
    g.scales.rows = scales;
  }
  g.c = at<float>(o[2]);
  g.epilogue = {e.code.data(), (uint32_t)e.code.size(), e.registers, e.operands.data()};
  g.packed = (float*)packed_.data();
  const int64_t block = block_rows(g.panels, product);
  const int64_t passes = ceil_div(rows, threads_ * block);
  for (int64_t pass = 0; pass < passes; pass++) {
    g.first_row = rows * pass / passes;
    g.rows = rows * (pass + 1) / passes - g.first_row;
    multiply(g, product, block);
  }
}

/// Rows that the threads' caches hold.
void Program::multiply(Gemm& g, const Product& product, int64_t block) {
  g.row_blocks = ceil_div(g.rows, block);
  // Products of narrow values wait for panels as it is, and would read each more often.
  if (!product.narrow)
    g.row_blocks = std::max(g.row_blocks, std::min<int64_t>(threads_, g.rows / rows_worth_a_panel));
  const int64_t panels = ceil_div(g.panels.columns, g.panels.width);
  const int64_t work = std::max(g.rows, rows_of_a_panel) * g.panels.columns * g.panels.depth;
  const int64_t units =
      std::max<int64_t>(1, std::min(gemm_units_per_thread * threads_, work / least_unit));
  g.panel_groups = threads_ == 1 ? 1 : std::min(panels, ceil_div(units, g.row_blocks));
  g.packing_parts = threads_ == 1 ? 1
                                  : std::min(ceil_div(units_per_thread * threads_, g.row_blocks),
                                             ceil_div(g.rows, g.row_blocks * least_packed));
  const int64_t steps = steps_of(g.panels, product);
  const int64_t blocks = ceil_div(steps, longest_steps(g.panels, product));
  for (int64_t i = 0; i < blocks; i++) {
    g.k = steps * i / blocks;
    g.steps = steps * (i + 1) / blocks - g.k;
    if (product.pack_rows) share(g.row_blocks * g.packing_parts, product.pack_rows, &g);
    share(g.row_blocks * g.panel_groups, product.gemm, &g);
  }
}

}  // namespace sigil::native
