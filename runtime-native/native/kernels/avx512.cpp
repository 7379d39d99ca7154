// AVX-512 F, BW, DQ and VL: sixteen lanes, thirty-two registers.
#include <immintrin.h>
#include "table.h"
#include "tables.h"

#define SIGIL_WIDE_PANELS
namespace sigil::native {
namespace {

#include "avx512.inc.h"
#include "all.inc.h"

struct Pairs : IntegerPairs {
  static inline V::T load(const uint16_t* b) {
    return _mm512_castsi512_ps(_mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i*)b)));
  }
  static inline V::T dot(V::T a, V::T b, V::T sum) {
    const __m512i products = _mm512_madd_epi16(_mm512_castps_si512(a), _mm512_castps_si512(b));
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(sum), products));
  }
  static inline void store(char* out, const W& x) {
    _mm256_storeu_si256((__m256i*)out, _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(x.v[0])));
  }
};

}  // namespace

const Table avx512_table = {
    "avx512",
    {product_of_floats<Floats>(pack_float32, peak_float32, peak_float32_flops),
     product_of_floats<WidenedFloat16>(pack_narrow<Type::float16, 1>, peak_float32,
                                       peak_float32_flops),
     product_of_floats<WidenedBfloat16>(pack_narrow<Type::bfloat16, 1>, peak_float32,
                                        peak_float32_flops),
     product_of_integers<Pairs>()},
    dots,
    patches,
    attention,
    row_reduce,
    map,
    widen,
};

}  // namespace sigil::native
