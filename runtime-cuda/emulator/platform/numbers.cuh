// The host's side of device/platform/numbers.cuh. Approximate functions are exact when the launch's
// seed is 0, and as wrong as the hardware may be otherwise.
#pragma once
#include "engine/number_formats.h"
#include "platform/language.cuh"

namespace sigil {

struct f16 {
  uint16_t bits;
};
struct bf16 {
  uint16_t bits;
};

SIGIL_DEVICE float bits_to_float(uint32_t bits) { return emulator::float_of(bits); }
SIGIL_DEVICE uint32_t float_to_bits(float value) { return emulator::bits_of(value); }

SIGIL_DEVICE float widen(float value) { return value; }
SIGIL_DEVICE float widen(f16 value) { return emulator::widen_f16(value.bits); }
SIGIL_DEVICE float widen(bf16 value) { return emulator::widen_bf16(value.bits); }
SIGIL_DEVICE float widen(uint8_t value) { return static_cast<float>(value); }

template <class T>
SIGIL_DEVICE T narrow(float value);
template <>
SIGIL_DEVICE float narrow<float>(float value) {
  return value;
}
template <>
SIGIL_DEVICE f16 narrow<f16>(float value) {
  return {emulator::narrow_f16(value)};
}
template <>
SIGIL_DEVICE bf16 narrow<bf16>(float value) {
  return {emulator::narrow_bf16(value)};
}

template <class T>
SIGIL_DEVICE uint32_t narrow_pair(float low, float high) {
  return narrow<T>(low).bits | static_cast<uint32_t>(narrow<T>(high).bits) << 16;
}

/// Off by up to 2 units in the last place, subnormal results flushed (PTX ISA, ex2).
SIGIL_DEVICE float fast_exp2(float x) {
  float result = exp2f(x);
  if (result < 0x1p-126f) return 0;
  const uint32_t error = emulator::noise(float_to_bits(x));
  if (error != 0 && result < 0x1p127f && x != 0)
    result = bits_to_float(float_to_bits(result) + error % 5 - 2);
  return result;
}
/// Off by up to 2^-10.987 of the result (PTX ISA, tanh); never beyond 1.
SIGIL_DEVICE float fast_tanh(float x) {
  const float result = tanhf(x);
  const uint32_t error = emulator::noise(float_to_bits(x));
  if (error == 0) return result;
  const float wrong =
      result * (1.0f + static_cast<float>(static_cast<int32_t>(error)) * (0x1p-31f * 0x1.02p-11f));
  return wrong > 1 ? 1.0f : wrong < -1 ? -1.0f : wrong;
}
SIGIL_DEVICE float exp_precise(float x) { return expf(x); }
SIGIL_DEVICE float tanh_precise(float x) { return tanhf(x); }
SIGIL_DEVICE float erf_precise(float x) { return erff(x); }
SIGIL_DEVICE float log_precise(float x) { return logf(x); }
SIGIL_DEVICE float log1p_precise(float x) { return log1pf(x); }
SIGIL_DEVICE float reciprocal_sqrt(float x) { return 1.0f / sqrtf(x); }
SIGIL_DEVICE float square_root(float x) { return sqrtf(x); }
SIGIL_DEVICE float multiply_add(float a, float b, float c) { return fmaf(a, b, c); }
SIGIL_DEVICE float maximum(float a, float b) { return fmaxf(a, b); }
SIGIL_DEVICE float minimum(float a, float b) { return fminf(a, b); }
SIGIL_DEVICE float absolute(float x) { return fabsf(x); }

}  // namespace sigil
