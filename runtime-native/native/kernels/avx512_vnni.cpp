// AVX512_VNNI beside AVX-512: integers of 8 bits four at a time, of which one side has no sign.
#include <immintrin.h>
#include "table.h"
#include "tables.h"

#define SIGIL_WIDE_PANELS
namespace sigil::native {
namespace {

#include "avx512.inc.h"
#include "all.inc.h"

struct Quads : IntegerQuads<128> {
  static inline V::T dot(V::T a, V::T b, V::T sum) {
    return _mm512_castsi512_ps(_mm512_dpbusd_epi32(_mm512_castps_si512(sum), _mm512_castps_si512(a),
                                                   _mm512_castps_si512(b)));
  }
  static inline void store(char* out, const W& x) {
    const __m128i bytes = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(x.v[0]));
    _mm_storeu_si128((__m128i*)out, _mm_xor_si128(bytes, _mm_set1_epi8((char)bias)));
  }
};

}  // namespace

const Product avx512_int8 = product_of_integers<Quads>();

}  // namespace sigil::native
