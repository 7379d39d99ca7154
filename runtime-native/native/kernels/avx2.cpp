// AVX2 with FMA and F16C: eight lanes, sixteen registers.
#include <immintrin.h>
#include "table.h"
#include "tables.h"

namespace sigil::native {
namespace {

#include "avx2.inc.h"
#include "all.inc.h"

struct Pairs : IntegerPairs {
  static inline V::T load(const uint16_t* b) {
    return _mm256_castsi256_ps(_mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)b)));
  }
  static inline V::T dot(V::T a, V::T b, V::T sum) {
    const __m256i products = _mm256_madd_epi16(_mm256_castps_si256(a), _mm256_castps_si256(b));
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(sum), products));
  }
  static inline void store(char* out, const W& x) {
    _mm256_storeu_si256((__m256i*)out, V::words(x.v[0], x.v[1]));
  }
};

}  // namespace

const Table avx2_table = {
    "avx2",
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
