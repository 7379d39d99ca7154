// The dot products of FEAT_DotProd beside NEON: integers of 8 bits four at a time.
#include <arm_neon.h>
#include "table.h"
#include "tables.h"

namespace sigil::native {
namespace {

#include "neon.inc.h"
#include "all.inc.h"

struct Quads : IntegerQuads<0> {
  static inline V::T dot(V::T a, V::T b, V::T sum) {
    return vreinterpretq_f32_s32(
        vdotq_s32(vreinterpretq_s32_f32(sum), vreinterpretq_s8_f32(a), vreinterpretq_s8_f32(b)));
  }
  static inline void store(char* out, const W& x) {
    vst1q_s8((int8_t*)out,
             vcombine_s8(vmovn_s16(V::words(x.v[0], x.v[1])), vmovn_s16(V::words(x.v[2], x.v[3]))));
  }
};

}  // namespace

const Product neon_int8 = product_of_integers<Quads>();

}  // namespace sigil::native
