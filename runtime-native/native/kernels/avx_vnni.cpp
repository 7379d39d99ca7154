// AVX-VNNI beside AVX2: integers of 8 bits four at a time, of which one side has no sign.
#include <immintrin.h>
#include "table.h"
#include "tables.h"

namespace sigil::native {
namespace {

#include "avx2.inc.h"
#include "all.inc.h"

struct Quads : IntegerQuads<128> {
  static inline V::T dot(V::T a, V::T b, V::T sum) {
    return _mm256_castsi256_ps(_mm256_dpbusd_avx_epi32(
        _mm256_castps_si256(sum), _mm256_castps_si256(a), _mm256_castps_si256(b)));
  }
  static inline void store(char* out, const W& x) {
    const __m256i all = V::words(x.v[0], x.v[1]);
    const __m128i bytes =
        _mm_packs_epi16(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
    _mm_storeu_si128((__m128i*)out, _mm_xor_si128(bytes, _mm_set1_epi8((char)bias)));
  }
};

}  // namespace

const Product avx_int8 = product_of_integers<Quads>();

}  // namespace sigil::native
