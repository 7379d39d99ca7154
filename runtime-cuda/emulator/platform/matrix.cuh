// The host's side of device/platform/matrix.cuh.
#pragma once
#include "platform/numbers.cuh"

namespace sigil {

SIGIL_DEVICE void load_matrix_x4(uint32_t (&fragment)[4], const void* shared_row) {
  emulator::load_matrices(fragment, shared_row, false);
}
SIGIL_DEVICE void load_matrix_x4_transposed(uint32_t (&fragment)[4], const void* shared_row) {
  emulator::load_matrices(fragment, shared_row, true);
}

template <class T>
SIGIL_DEVICE void multiply_m16n8k16(float (&sums)[4], const uint32_t (&a)[4],
                                    const uint32_t (&b)[2]);
template <>
SIGIL_DEVICE void multiply_m16n8k16<f16>(float (&sums)[4], const uint32_t (&a)[4],
                                         const uint32_t (&b)[2]) {
  emulator::multiply_fragments(sums, a, b, emulator::Format::f16);
}
template <>
SIGIL_DEVICE void multiply_m16n8k16<bf16>(float (&sums)[4], const uint32_t (&a)[4],
                                          const uint32_t (&b)[2]) {
  emulator::multiply_fragments(sums, a, b, emulator::Format::bf16);
}

}  // namespace sigil
