// AVX-512 F, BW, DQ and VL: sixteen lanes, thirty-two registers.
#include <immintrin.h>
#include "table.h"
#include "tables.h"

#define SIGIL_WIDE_PANELS
namespace sigil::native {
namespace {

#include "avx512.inc.h"
#include "all.inc.h"

}  // namespace

const Table avx512_table = {
    "avx512",
    {{{48, 32, 0}, 4, 1, false, gemm<Floats>, pack_float32, peak_float32, peak_float32_flops},
     {{48, 32, 0},
      2,
      1,
      false,
      gemm<WidenedFloat16>,
      pack_narrow<Type::float16, 1>,
      peak_float32,
      peak_float32_flops},
     {{48, 32, 0},
      2,
      1,
      false,
      gemm<WidenedBfloat16>,
      pack_narrow<Type::bfloat16, 1>,
      peak_float32,
      peak_float32_flops}},
    dots,
    patches,
    narrow,
    attention,
    row_reduce,
    map,
    widen,
};

}  // namespace sigil::native
