// NEON: four lanes, thirty-two registers.
#include <arm_neon.h>
#include "table.h"
#include "tables.h"

namespace sigil::native {
namespace {

#include "neon.inc.h"
#include "all.inc.h"

}  // namespace

const Table neon_table = {
    "neon",
    {{{16, 0, 0}, 4, 1, false, gemm<Floats>, pack_float32, nullptr, 0},
     {{16, 0, 0}, 2, 1, false, gemm<WidenedFloat16>, pack_narrow<Type::float16, 1>, nullptr, 0},
     {{16, 0, 0}, 2, 1, false, gemm<WidenedBfloat16>, pack_narrow<Type::bfloat16, 1>, nullptr, 0}},
    dots,
    patches,
    narrow,
    attention,
    row_reduce,
    map,
    widen,
};

}  // namespace sigil::native
