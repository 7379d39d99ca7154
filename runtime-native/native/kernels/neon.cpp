// NEON: four lanes, thirty-two registers.
#include <arm_neon.h>
#include "table.h"
#include "tables.h"

namespace sigil::native {
namespace {

#include "neon.inc.h"
#include "all.inc.h"

struct Pairs : IntegerPairs {
  static inline V::T load(const uint16_t* b) {
    return vreinterpretq_f32_s16(vmovl_s8(vld1_s8((const int8_t*)b)));
  }
  static inline V::T dot(V::T a, V::T b, V::T sum) {
    const int16x8_t x = vreinterpretq_s16_f32(a), y = vreinterpretq_s16_f32(b);
    const int32x4_t low = vmull_s16(vget_low_s16(x), vget_low_s16(y)), high = vmull_high_s16(x, y);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(sum), vpaddq_s32(low, high)));
  }
  static inline void store(char* out, const W& x) {
    vst1q_s16((int16_t*)out, V::words(x.v[0], x.v[1]));
    vst1q_s16((int16_t*)out + 8, V::words(x.v[2], x.v[3]));
  }
};

}  // namespace

const Table neon_table = {
    "neon",
    {product_of_floats<Floats>(pack_float32, nullptr, 0),
     product_of_floats<WidenedFloat16>(pack_narrow<Type::float16, 1>, nullptr, 0),
     product_of_floats<WidenedBfloat16>(pack_narrow<Type::bfloat16, 1>, nullptr, 0),
     product_of_integers<Pairs>()},
    dots,
    patches,
    attention,
    row_reduce,
    map,
    widen,
};

}  // namespace sigil::native
