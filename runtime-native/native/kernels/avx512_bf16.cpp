// AVX512_BF16 beside AVX-512: products of bfloat16, summed in float32 two at a time.
#include <immintrin.h>
#include "table.h"
#include "tables.h"

#define SIGIL_WIDE_PANELS
namespace sigil::native {
namespace {

#include "avx512.inc.h"
#include "all.inc.h"

struct Bfloat16Pairs : Floats {
  static constexpr int64_t step = 2;
  static inline V::T dot(V::T a, V::T b, V::T sum) {
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
  }
};

}  // namespace

const Product avx512_bfloat16 = {
    {48, 32, 0}, 2, 2, true, gemm<Bfloat16Pairs>, pack_narrow<Type::bfloat16, 2>,
};

}  // namespace sigil::native
