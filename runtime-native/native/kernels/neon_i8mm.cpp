// FEAT_I8MM and FEAT_BF16's matrix instructions beside NEON: two rows by two columns at a time,
// eight bytes of each.
#include <arm_neon.h>
#include "table.h"
#include "tables.h"

namespace sigil::native {
namespace {

#include "neon.inc.h"
#include "all.inc.h"

/// Columns of a panel, bytes of a row that an instruction takes, and rows of a tile: 24 sums of
/// four, three pairs of rows and two pairs of columns fit the registers.
constexpr int64_t panel_columns = 16, step_bytes = 8, most_rows = 6;
constexpr int column_pairs = panel_columns / 2;

struct Bfloat16Blocks {
  static constexpr bool integers = false;
  static constexpr int64_t row_bytes = 2;
  static inline V::T multiply(uint8x16_t a, uint8x16_t b, V::T sum) {
    return vbfmmlaq_f32(sum, vreinterpretq_bf16_u8(a), vreinterpretq_bf16_u8(b));
  }
};

struct IntegerBlocks {
  static constexpr bool integers = true;
  static constexpr int64_t step = step_bytes, row_bytes = 1;
  static constexpr int32_t bias = 0;
  static inline V::T multiply(uint8x16_t a, uint8x16_t b, V::T sum) {
    return vreinterpretq_f32_s32(
        vmmlaq_s32(vreinterpretq_s32_f32(sum), vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b)));
  }
  static inline void store(char* out, const W& x) {
    vst1q_s8((int8_t*)out,
             vcombine_s8(vmovn_s16(V::words(x.v[0], x.v[1])), vmovn_s16(V::words(x.v[2], x.v[3]))));
  }
};

/// out = a b^T for `rows` by the columns of a panel, `depth` in bytes. A last row without another
/// is multiplied twice.
template <class D, int pairs>
static void multiply_blocks(const char* a, int64_t a_stride, int64_t rows, const char* b,
                            int64_t depth, float* out) {
  const uint8_t* row[2 * pairs];
#pragma GCC unroll 8
  for (int r = 0; r < 2 * pairs; r++)
    row[r] = (const uint8_t*)a + (r < rows ? r : rows - 1) * a_stride;
  V::T sums[pairs][column_pairs];
#pragma GCC unroll 4
  for (int p = 0; p < pairs; p++)
#pragma GCC unroll 8
    for (int c = 0; c < column_pairs; c++) sums[p][c] = V::all(0);
  for (int64_t k = 0; k < depth; k += step_bytes) {
    uint8x16_t x[pairs];
#pragma GCC unroll 4
    for (int p = 0; p < pairs; p++)
      x[p] = vcombine_u8(vld1_u8(row[2 * p] + k), vld1_u8(row[2 * p + 1] + k));
#pragma GCC unroll 8
    for (int c = 0; c < column_pairs; c++) {
      const uint8x16_t y = vld1q_u8((const uint8_t*)b + 2 * step_bytes * c);
#pragma GCC unroll 4
      for (int p = 0; p < pairs; p++) sums[p][c] = D::multiply(x[p], y, sums[p][c]);
    }
    b += panel_columns * step_bytes;
  }
#pragma GCC unroll 4
  for (int p = 0; p < pairs; p++)
#pragma GCC unroll 8
    for (int c = 0; c < column_pairs; c++) {
      float* to = out + 2 * p * panel_columns + 2 * c;
      vst1_f32(to, vget_low_f32(sums[p][c]));
      if (2 * p + 1 < rows) vst1_f32(to + panel_columns, vget_high_f32(sums[p][c]));
    }
}

template <class D>
static void gemm_blocks(const void* arguments, int64_t unit, char* scratch) {
  const Gemm& g = *(const Gemm*)arguments;
  const GemmUnit own(g, unit);
  const int64_t depth = g.panels.depth * D::row_bytes;
  const Rows split(own.end - own.begin, most_rows);
  float* registers = (float*)scratch;
  for (int64_t panel = own.first; panel < own.past; panel++) {
    const char* b = (const char*)g.b + panel * panel_columns * depth;
    for (int64_t t = 0, row = own.begin; t < split.tiles; row += split.of(t), t++) {
      const int64_t rows = split.of(t);
      const char* a = (const char*)g.a + row * g.a_stride;
      (rows > 4   ? multiply_blocks<D, 3>
       : rows > 2 ? multiply_blocks<D, 2>
                  : multiply_blocks<D, 1>)(a, g.a_stride, rows, b, depth, registers);
      finish<D>(g, tile_at(g, panel, row, rows), registers);
    }
  }
}

}  // namespace

const Product neon_int8_blocks = {
    {panel_columns, 0, 0},
    1,
    group,
    round_row<IntegerBlocks>,
    1,
    nullptr,
    gemm_blocks<IntegerBlocks>,
    pack_integers<IntegerBlocks>,
    nullptr,
    0,
};
const Product neon_bfloat16_blocks = {
    {panel_columns, 0, 0},
    2,
    step_bytes / 2,
    narrow,
    2,
    nullptr,
    gemm_blocks<Bfloat16Blocks>,
    pack_narrow<Type::bfloat16, step_bytes / 2>,
    nullptr,
    0,
};

}  // namespace sigil::native
