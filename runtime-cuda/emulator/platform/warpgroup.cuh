// The host's side of device/platform/warpgroup.cuh and of the shapes that it includes.
#pragma once
#include "platform/numbers.cuh"

namespace sigil {

enum class Swizzle : uint64_t { none = 0, bytes128 = 1, bytes64 = 2, bytes32 = 3 };

SIGIL_DEVICE uint64_t matrix_descriptor(const void* shared, uint32_t leading_offset,
                                        uint32_t stride_offset, Swizzle swizzle) {
  const auto field = [](uint64_t bytes) { return (bytes & 0x3ffff) >> 4; };
  return field(shared_address(shared)) | field(leading_offset) << 16 | field(stride_offset) << 32 |
         static_cast<uint64_t>(swizzle) << 62;
}

SIGIL_DEVICE void warpgroup_fence() { emulator::warpgroup_fence(); }
SIGIL_DEVICE void warpgroup_commit() { emulator::warpgroup_commit(); }
template <int pending>
SIGIL_DEVICE void warpgroup_wait() {
  emulator::warpgroup_wait(pending);
}
template <int count>
SIGIL_DEVICE void warpgroup_hold(float (&sums)[count]) {
  emulator::warpgroup_hold(sums);
}

template <int count>
SIGIL_DEVICE void registers_increase() {
  emulator::set_registers(count, true);
}
template <int count>
SIGIL_DEVICE void registers_decrease() {
  emulator::set_registers(count, false);
}

template <class T>
inline constexpr emulator::Format product_format = emulator::Format::f16;
template <>
inline constexpr emulator::Format product_format<bf16> = emulator::Format::bf16;

template <class T, int n, int b_transposed>
SIGIL_DEVICE void warpgroup_multiply(float (&sums)[n / 2], uint64_t a, uint64_t b,
                                     bool accumulate) {
  static_assert(n % 8 == 0 && n >= 8 && n <= 256);
  emulator::warpgroup_multiply(sums, n, a, nullptr, b, b_transposed != 0, accumulate,
                               product_format<T>);
}
template <class T, int n, int b_transposed>
SIGIL_DEVICE void warpgroup_multiply(float (&sums)[n / 2], const uint32_t (&a)[4], uint64_t b,
                                     bool accumulate) {
  static_assert(n % 8 == 0 && n >= 8 && n <= 256);
  emulator::warpgroup_multiply(sums, n, 0, a, b, b_transposed != 0, accumulate, product_format<T>);
}

}  // namespace sigil
