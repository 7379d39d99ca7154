// Element types and the arithmetic that differs between hardware and host. Everything is computed
// in float32; 16-bit types are storage.
#pragma once
#include "platform/language.cuh"

namespace sigil {

struct f16 {
  uint16_t bits;
};
struct bf16 {
  uint16_t bits;
};

SIGIL_DEVICE float widen(float value) { return value; }
SIGIL_DEVICE float widen(f16 value) {
  float result;
  asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(value.bits));
  return result;
}
SIGIL_DEVICE float widen(bf16 value) {
  return __uint_as_float(static_cast<uint32_t>(value.bits) << 16);
}
SIGIL_DEVICE float widen(uint8_t value) { return static_cast<float>(value); }

/// The same 32 bits as the other type.
SIGIL_DEVICE float bits_to_float(uint32_t bits) { return __uint_as_float(bits); }
SIGIL_DEVICE uint32_t float_to_bits(float value) { return __float_as_uint(value); }

/// Rounds to nearest even.
template <class T>
SIGIL_DEVICE T narrow(float value);
template <>
SIGIL_DEVICE float narrow<float>(float value) {
  return value;
}
template <>
SIGIL_DEVICE f16 narrow<f16>(float value) {
  f16 result;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
}
template <>
SIGIL_DEVICE bf16 narrow<bf16>(float value) {
  bf16 result;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
}

/// Two values in one register, `low` in the low half.
template <class T>
SIGIL_DEVICE uint32_t narrow_pair(float low, float high);
template <>
SIGIL_DEVICE uint32_t narrow_pair<f16>(float low, float high) {
  uint32_t result;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
  return result;
}
template <>
SIGIL_DEVICE uint32_t narrow_pair<bf16>(float low, float high) {
  uint32_t result;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
  return result;
}

/// 2^x by the special function unit: 2 ulp over the whole range, subnormal results flushed.
SIGIL_DEVICE float fast_exp2(float x) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}
/// Within 2^-10.987 relative (PTX ISA, tanh): for results that are rounded to 16 bits; finite for
/// every finite x.
SIGIL_DEVICE float fast_tanh(float x) {
  float result;
  asm("tanh.approx.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}
SIGIL_DEVICE float exp_precise(float x) { return expf(x); }
SIGIL_DEVICE float tanh_precise(float x) { return tanhf(x); }
SIGIL_DEVICE float erf_precise(float x) { return erff(x); }
SIGIL_DEVICE float log_precise(float x) { return logf(x); }
SIGIL_DEVICE float log1p_precise(float x) { return log1pf(x); }
SIGIL_DEVICE float reciprocal_sqrt(float x) { return rsqrtf(x); }
SIGIL_DEVICE float square_root(float x) { return sqrtf(x); }
SIGIL_DEVICE float maximum(float a, float b) { return fmaxf(a, b); }
SIGIL_DEVICE float minimum(float a, float b) { return fminf(a, b); }
SIGIL_DEVICE float absolute(float x) { return fabsf(x); }
SIGIL_DEVICE float multiply_add(float a, float b, float c) { return fmaf(a, b, c); }

}  // namespace sigil
