// ldmatrix and mma.sync. Fragment layouts: PTX ISA, "Matrix Fragments for mma.m16n8k16" and
// "ldmatrix".
#include <cstring>

#include "engine/collective.h"
#include "engine/product.h"
#include "engine/shared_pointer.h"

namespace sigil::emulator {

namespace {

struct LoadOperand {
  uint32_t* fragment;
  const char* row;
};

template <bool transposed>
void load_finish(Warp& warp) {
  uint16_t matrices[4][8][8];
  for (uint32_t lane = 0; lane < warp_size; lane++)
    memcpy(matrices[lane / 8][lane % 8], static_cast<LoadOperand*>(warp.operands[lane])->row, 16);
  for (uint32_t lane = 0; lane < warp_size; lane++) {
    uint32_t* fragment = static_cast<LoadOperand*>(warp.operands[lane])->fragment;
    const uint32_t row = lane / 4, column = lane % 4 * 2;
    for (int i = 0; i < 4; i++) {
      const uint32_t low = transposed ? matrices[i][column][row] : matrices[i][row][column],
                     high =
                         transposed ? matrices[i][column + 1][row] : matrices[i][row][column + 1];
      fragment[i] = low | high << 16;
    }
  }
}
const Collective load_instruction{"load_matrix_x4", load_finish<false>},
    load_transposed_instruction{"load_matrix_x4_transposed", load_finish<true>};

struct ProductOperand {
  float* sums;
  const uint32_t *a, *b;
};

template <bool bf16>
void product_finish(Warp& warp) {
  float a[16][16];
  Eight b[16], sums[16];
  for (uint32_t lane = 0; lane < warp_size; lane++) {
    const auto& operand = *static_cast<ProductOperand*>(warp.operands[lane]);
    widen_a_fragment<bf16>(a, lane, operand.a);
    const uint32_t row = lane / 4, column = lane % 4 * 2;
    for (uint32_t i = 0; i < 2; i++) {
      float low, high;
      widen_pair<bf16>(operand.b[i], low, high);
      b[column + i * 8][row] = low, b[column + i * 8 + 1][row] = high;
    }
    for (uint32_t i = 0; i < 4; i++) sums[row + (i >> 1) * 8][column + (i & 1)] = operand.sums[i];
  }
  multiply_rows(sums, a, b, 1);
  for (uint32_t lane = 0; lane < warp_size; lane++) {
    float* to = static_cast<ProductOperand*>(warp.operands[lane])->sums;
    for (uint32_t i = 0; i < 4; i++) to[i] = sums[lane / 4 + (i >> 1) * 8][lane % 4 * 2 + (i & 1)];
  }
}
const Collective product_f16{"multiply_m16n8k16<f16>", product_finish<false>},
    product_bf16{"multiply_m16n8k16<bf16>", product_finish<true>};

}  // namespace

void load_matrices(uint32_t* fragment, const void* row, bool transposed) {
  if (here->thread / 32 * 32 + 32 >
      static_cast<int32_t>(Machine::thread().block_state->thread_count))
    fault(SIGIL_DIVERGENCE, "load_matrix_x4 by a warp of less than 32 threads");
  const uint32_t offset = shared_offset(row, 16, 16, "load_matrix_x4");
  if (Watch& watch = Machine::thread().machine->watch; watch.enabled)
    watch.read(offset, 16, "load_matrix_x4");
  LoadOperand operand{fragment, static_cast<const char*>(row)};
  meet(transposed ? load_transposed_instruction : load_instruction, &operand);
}

void multiply_fragments(float* sums, const uint32_t* a, const uint32_t* b, Format format) {
  if (here->thread / 32 * 32 + 32 >
      static_cast<int32_t>(Machine::thread().block_state->thread_count))
    fault(SIGIL_DIVERGENCE, "multiply_m16n8k16 by a warp of less than 32 threads");
  ProductOperand operand{sums, a, b};
  meet(format == Format::bf16 ? product_bf16 : product_f16, &operand);
}

}  // namespace sigil::emulator
