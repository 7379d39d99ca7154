// BFDOT beside NEON: products of bfloat16, summed in float32 two at a time.
#include <arm_neon.h>
#include "table.h"
#include "tables.h"

namespace sigil::native {
namespace {

#include "neon.inc.h"
#include "all.inc.h"

struct Bfloat16Pairs : Floats {
  static constexpr int64_t step = 2;
  static inline V::T dot(V::T a, V::T b, V::T sum) {
    return vbfdotq_f32(sum, vreinterpretq_bf16_f32(a), vreinterpretq_bf16_f32(b));
  }
};

}  // namespace

const Product neon_bfloat16 = {
    {16, 0, 0}, 2, 2, narrow, 2, pack_rows, gemm<Bfloat16Pairs>, pack_narrow<Type::bfloat16, 2>,
    nullptr,    0,
};

}  // namespace sigil::native
