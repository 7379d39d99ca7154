// The tensor cores of sm_80 and up: ldmatrix and mma.sync.m16n8k16, by a whole converged warp.
// Fragment layouts: PTX ISA 9.7.14.5.8.
#pragma once
#include "platform/numbers.cuh"

namespace sigil {

/// Four 8x8 matrices of 16-bit elements; lane l gives the address of row l % 8 of matrix l / 8,
/// aligned to 16 bytes.
SIGIL_DEVICE void load_matrix_x4(uint32_t (&fragment)[4], const void* shared_row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
               : "r"(shared_address(shared_row))
               : "memory");
}
/// The same, each matrix transposed.
SIGIL_DEVICE void load_matrix_x4_transposed(uint32_t (&fragment)[4], const void* shared_row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
               : "r"(shared_address(shared_row))
               : "memory");
}

/// sums += a (16x16, row-major fragment) * b (16x8, column-major fragment), accumulated in float32.
template <class T>
SIGIL_DEVICE void multiply_m16n8k16(float (&sums)[4], const uint32_t (&a)[4],
                                    const uint32_t (&b)[2]);
template <>
SIGIL_DEVICE void multiply_m16n8k16<f16>(float (&sums)[4], const uint32_t (&a)[4],
                                         const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, "
      "%9}, {%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
template <>
SIGIL_DEVICE void multiply_m16n8k16<bf16>(float (&sums)[4], const uint32_t (&a)[4],
                                          const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

}  // namespace sigil
