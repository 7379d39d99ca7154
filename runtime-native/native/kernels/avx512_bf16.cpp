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

/// The same with products of pairs.
static void peak_pairs(const void*, int64_t, char*) {
  int64_t n = 20000;
#define SIGIL_DOT(i) "vdpbf16ps %%zmm30, %%zmm31, %%zmm" #i "\n\t"
  asm volatile("vxorps %%zmm30, %%zmm30, %%zmm30\n\t"
               "vxorps %%zmm31, %%zmm31, %%zmm31\n"
               "1:\n\t" SIGIL_DOT(0) SIGIL_DOT(1) SIGIL_DOT(2) SIGIL_DOT(3) SIGIL_DOT(4)
                   SIGIL_DOT(5) SIGIL_DOT(6) SIGIL_DOT(7) SIGIL_DOT(8) SIGIL_DOT(9) SIGIL_DOT(10)
                       SIGIL_DOT(11) SIGIL_DOT(12) SIGIL_DOT(13) SIGIL_DOT(14) SIGIL_DOT(15)
                           SIGIL_DOT(16) SIGIL_DOT(17) SIGIL_DOT(18) SIGIL_DOT(19) "dec %0\n\t"
               "jnz 1b"
               : "+r"(n)
               :
               : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                 "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm16", "xmm17",
                 "xmm18", "xmm19", "xmm30", "xmm31");
#undef SIGIL_DOT
}

}  // namespace

const Product avx512_bfloat16 = {
    {48, 32, 0},
    2,
    2,
    narrow,
    2,
    pack_rows,
    gemm<Bfloat16Pairs>,
    pack_narrow<Type::bfloat16, 2>,
    peak_pairs,
    20000 * 20 * 64,
};

}  // namespace sigil::native
