// wgmma: a warp's quarter of each product waits in a list, its sums are poison to the warp, and
// shared memory is read only when the product is waited for. Descriptors: PTX ISA, "Matrix
// Descriptor Format"; layouts: "Shared Memory Matrix Layout" and CUTLASS, mma_traits_sm90_gmma.hpp.
#include "engine/warpgroup_state.h"

#include <algorithm>
#include <cstring>

#include "engine/asynchronous.h"
#include "engine/collective.h"
#include "engine/shared_pointer.h"
#include "engine/swizzle.h"

namespace sigil::emulator {

namespace {

/// A descriptor taken apart; addresses and offsets in bytes.
struct Descriptor {
  uint32_t start, leading, stride, span;

  explicit Descriptor(uint64_t bits) {
    if (bits >> 14 & 3 || bits >> 30 & 3 || bits >> 46 & 0xffff)
      fault(SIGIL_TENSOR_MAP,
            "matrix descriptor %016llx sets bits that must be 0 (a base offset is not emulated)",
            static_cast<unsigned long long>(bits));
    start = (bits & 0x3fff) << 4;
    leading = (bits >> 16 & 0x3fff) << 4;
    stride = (bits >> 32 & 0x3fff) << 4;
    const uint32_t swizzle = static_cast<uint32_t>(bits >> 62);
    span = swizzle == 0 ? 0 : 256u >> swizzle;
  }

  /// Where the eight elements of depth 8 * chunk of a row lie (K-major).
  uint32_t k_major(uint32_t row, uint32_t chunk) const {
    const uint32_t group = start + row / 8 * stride;
    return span ? swizzled(group + row % 8 * span + chunk * 16, span)
                : group + row % 8 * 16 + chunk * leading;
  }
  /// Where the elements 8 * chunk and on of a depth lie (MN-major).
  uint32_t mn_major(uint32_t depth, uint32_t chunk) const {
    if (!span) return start + chunk * stride + depth / 8 * leading + depth % 8 * 16;
    const uint32_t chunks = span / 16;
    return swizzled(start + chunk / chunks * leading + chunk % chunks * 16 + depth / 8 * stride +
                        depth % 8 * span,
                    span);
  }
};

const char* chunk_at(uint32_t address) {
  const uint64_t offset = static_cast<uint64_t>(address) - shared_window;
  if (address < shared_window || offset + 16 > here->shared_bytes)
    fault(SIGIL_OUT_OF_BOUNDS,
          "a matrix descriptor reaches offset %lld of shared memory, which has %llu bytes",
          static_cast<long long>(address) - shared_window,
          static_cast<unsigned long long>(here->shared_bytes));
  return here->shared + offset;
}

template <bool bf16>
inline void widen_chunk(const char* chunk, float (&values)[8]) {
  uint16_t bits[8];
  memcpy(bits, chunk, 16);
  for (int i = 0; i < 8; i++) values[i] = bf16 ? widen_bf16(bits[i]) : widen_f16(bits[i]);
}

/// Tells the watch what a product read, now that it is done.
void watch_product(Watch& watch, const Warp& warp, const Product& product, uint32_t time) {
  const auto read = [&](uint32_t address, const char* what) {
    watch.read_async(product.issued, product.fences, address - shared_window, 16, warp.agent, time,
                     what);
  };
  if (!product.a_in_registers) {
    const Descriptor a(product.a);
    for (uint32_t row = 0; row < 16; row++) {
      for (uint32_t chunk = 0; chunk < 2; chunk++)
        read(a.k_major(warp.index % 4 * 16 + row, chunk), "warpgroup_multiply (A)");
    }
  }
  const Descriptor b(product.b);
  const uint32_t columns = static_cast<uint32_t>(product.sums->columns);
  if (product.b_transposed) {
    for (uint32_t depth = 0; depth < 16; depth++) {
      for (uint32_t chunk = 0; chunk < columns / 8; chunk++)
        read(b.mn_major(depth, chunk), "warpgroup_multiply (B)");
    }
  } else {
    for (uint32_t row = 0; row < columns; row++) {
      for (uint32_t chunk = 0; chunk < 2; chunk++)
        read(b.k_major(row, chunk), "warpgroup_multiply (B)");
    }
  }
}

template <bool bf16>
void execute(const Warp& warp, const Product& product) {
  HeldSums& held = *product.sums;
  const uint32_t groups = static_cast<uint32_t>(held.columns) / 8;
  float a[16][16], values[8];
  if (product.a_in_registers) {
    for (uint32_t lane = 0; lane < warp_size; lane++)
      widen_a_fragment<bf16>(a, lane, product.fragments[lane]);
  } else {
    const Descriptor descriptor(product.a);
    for (uint32_t row = 0; row < 16; row++) {
      for (uint32_t chunk = 0; chunk < 2; chunk++) {
        widen_chunk<bf16>(chunk_at(descriptor.k_major(warp.index % 4 * 16 + row, chunk)), values);
        memcpy(&a[row][chunk * 8], values, sizeof values);
      }
    }
  }
  Eight b[16 * 32];
  const Descriptor descriptor(product.b);
  if (product.b_transposed) {
    for (uint32_t depth = 0; depth < 16; depth++) {
      for (uint32_t group = 0; group < groups; group++) {
        widen_chunk<bf16>(chunk_at(descriptor.mn_major(depth, group)), values);
        memcpy(&b[depth * groups + group], values, sizeof values);
      }
    }
  } else {
    for (uint32_t group = 0; group < groups; group++) {
      for (uint32_t chunk = 0; chunk < 2; chunk++) {
        for (uint32_t i = 0; i < 8; i++) {
          widen_chunk<bf16>(chunk_at(descriptor.k_major(group * 8 + i, chunk)), values);
          for (uint32_t k = 0; k < 8; k++) b[(chunk * 8 + k) * groups + group][i] = values[k];
        }
      }
    }
  }
  if (!product.accumulate) std::fill(held.data, held.data + 16 * groups, Eight{});
  multiply_rows(held.data, a, b, static_cast<int>(groups));
}

/// Calls visit(register of lane, element of the matrix) for all that a warp holds of its 16 rows.
template <class Visit>
void for_each_sum(HeldSums& held, const Visit& visit) {
  const uint32_t groups = static_cast<uint32_t>(held.columns) / 8;
  for (uint32_t lane = 0; lane < warp_size; lane++) {
    float* registers = held.registers[lane];
    for (uint32_t i = 0; i < groups * 4; i++) {
      float& element = reinterpret_cast<float*>(
          held.data)[((lane / 4 + (i >> 1 & 1) * 8) * groups + i / 4) * 8 + lane % 4 * 2 + (i & 1)];
      visit(registers[i], element);
    }
  }
}

void execute_until(Warp& warp, uint64_t group) {
  WarpMatrixState& state = *warp.matrix;
  Watch& watch = warp.block_state->machine->watch;
  const uint32_t time = watch.enabled ? watch.tick() : 0;
  size_t done = 0;
  for (; done < state.products.size() && state.products[done].group < group; done++) {
    Product& product = state.products[done];
    if (!product.executed) {
      if (product.format == Format::bf16)
        execute<true>(warp, product);
      else
        execute<false>(warp, product);
    }
    if (watch.enabled) watch_product(watch, warp, product, time);
    HeldSums& held = *product.sums;
    if (--held.products > 0) continue;
    for_each_sum(held, [](float& in_register, float& element) { in_register = element; });
    held.delivered = true;
    state.fenced = false;
  }
  state.products.erase(state.products.begin(),
                       state.products.begin() + static_cast<std::ptrdiff_t>(done));
  if (!watch.enabled || done == 0) return;
  // All lanes know that these reads are over.
  Seen over;
  watch.learn(over, warp.agent, time);
  for (Thread* lane : warp.lanes) watch.acquire(*lane, over);
}

struct IssueOperand {
  float* sums;
  const uint32_t* a_registers;
  uint64_t a, b;
  int columns;
  bool b_transposed, accumulate;
  Format format;
};

/// The sums of a product: those that are held already, or taken from the registers now.
HeldSums& hold(WarpMatrixState& state, Warp& warp, const IssueOperand& first) {
  HeldSums* held = nullptr;
  for (auto& candidate : state.sums) {
    if (candidate->registers[0] == first.sums && candidate->columns == first.columns)
      held = candidate.get();
    else if (!candidate->delivered && candidate->registers[0] == first.sums)
      fault(SIGIL_ASYNC,
            "warpgroup_multiply of %d columns on sums with products of %d columns under way",
            first.columns, candidate->columns);
  }
  if (held && !held->delivered) return *held;
  const bool known = held != nullptr;
  if (!known) {
    // Sums of a frame that is gone lose their place to new ones.
    const auto free = std::find_if(state.sums.begin(), state.sums.end(),
                                   [](const auto& candidate) { return candidate->delivered; });
    if (free != state.sums.end() && state.sums.size() >= 8)
      held = free->get();
    else
      held = state.sums.emplace_back(std::make_unique<HeldSums>()).get();
    held->columns = first.columns;
    for (uint32_t lane = 0; lane < warp_size; lane++)
      held->registers[lane] = static_cast<IssueOperand*>(warp.operands[lane])->sums;
  }
  if (!state.fenced) {
    bool changed = !state.ever_fenced || first.a_registers;
    if (first.accumulate && !known) changed = true;
    if (first.accumulate && known)
      for_each_sum(*held, [&](float& in_register, float& element) {
        changed |= memcmp(&in_register, &element, 4) != 0;
      });
    if (changed)
      fault(SIGIL_ASYNC,
            "warpgroup_multiply on registers that were written after the last warpgroup_fence");
  }
  const bool read = first.accumulate;
  const float poison = float_of(poison_word);
  for_each_sum(*held, [&](float& in_register, float& element) {
    if (read) element = in_register;
    in_register = poison;
  });
  held->products = 0;
  held->delivered = false;
  return *held;
}

/// All four warps of a warpgroup execute the same products.
void check_order(Warp& warp, uint64_t what) {
  auto& order = (&warp - warp.index % 4)->matrix->order;
  const size_t number = warp.matrix->issued++;
  if (number == order.size())
    order.push_back(what);
  else if (order[number] != what)
    fault(SIGIL_DIVERGENCE,
          "warpgroup_multiply number %zu of warp %u is not what another warp of its warpgroup "
          "executes",
          number, warp.index);
}

const Collective issue_instruction{
    "warpgroup_multiply", [](Warp& warp) {
      WarpMatrixState& state = *warp.matrix;
      const auto& first = *static_cast<IssueOperand*>(warp.operands[0]);
      for (uint32_t lane = 1; lane < warp_size; lane++) {
        const auto& other = *static_cast<IssueOperand*>(warp.operands[lane]);
        if (other.a != first.a || other.b != first.b || other.accumulate != first.accumulate)
          fault(SIGIL_DIVERGENCE,
                "warpgroup_multiply with other descriptors in lane %u than in lane 0", lane);
      }
      check_order(warp, mix(first.a) ^ mix(first.b + 1) ^
                            (static_cast<uint64_t>(first.columns) << 8 | first.accumulate << 4 |
                             first.b_transposed << 3 | (first.a_registers != nullptr) << 2 |
                             static_cast<uint64_t>(first.format)));
      Product& product = state.products.emplace_back();
      product.a = first.a, product.b = first.b;
      product.a_in_registers = first.a_registers != nullptr;
      product.b_transposed = first.b_transposed, product.accumulate = first.accumulate,
      product.format = first.format;
      product.group = state.group;
      product.executed = false;
      if (Watch& watch = warp.block_state->machine->watch; watch.enabled) {
        product.issued = watch.view(warp);
        for (const Thread* lane : warp.lanes) product.fences.push_back(lane->watch.fence);
      }
      if (first.a_registers) {
        for (uint32_t lane = 0; lane < warp_size; lane++)
          memcpy(product.fragments[lane],
                 static_cast<IssueOperand*>(warp.operands[lane])->a_registers, 16);
      }
      product.sums = &hold(state, warp, first);
      product.sums->products++;
    }};

const Collective fence_instruction{
    "warpgroup_fence", [](Warp& warp) { warp.matrix->fenced = warp.matrix->ever_fenced = true; }};
const Collective commit_instruction{
    "warpgroup_commit", [](Warp& warp) {
      warp.matrix->group++;
      Machine& machine = *warp.block_state->machine;
      // Some products read shared memory early; their results stay where they are.
      if (machine.delay() != Delay::random || !machine.random.one_in(2)) return;
      for (Product& product : warp.matrix->products) {
        if (product.executed) continue;
        if (product.format == Format::bf16)
          execute<true>(warp, product);
        else
          execute<false>(warp, product);
        product.executed = true;
        if (machine.random.one_in(4)) break;
      }
    }};
const Collective wait_instruction{"warpgroup_wait", [](Warp& warp) {
                                    const uint64_t pending =
                                                       *static_cast<uint64_t*>(warp.operands[0]),
                                                   closed = warp.matrix->group;
                                    if (closed > pending) execute_until(warp, closed - pending);
                                  }};

void meet_as_warpgroup(const Collective& collective, void* operand, uint64_t detail) {
  const Thread& self = Machine::thread();
  if (self.warp->index / 4 * 128 + 128 > self.block_state->thread_count)
    fault(SIGIL_DIVERGENCE, "%s by a warpgroup of less than 128 threads", collective.name);
  meet(collective, operand, detail);
}

}  // namespace

void reset_products(Warp& warp) {
  if (!warp.matrix) warp.matrix = std::make_shared<WarpMatrixState>();
  *warp.matrix = WarpMatrixState();
}

void warpgroup_fence() { meet_as_warpgroup(fence_instruction, nullptr, 0); }
void warpgroup_commit() { meet_as_warpgroup(commit_instruction, nullptr, 0); }
void warpgroup_wait(int pending) {
  uint64_t operand = static_cast<uint64_t>(pending);
  meet_as_warpgroup(wait_instruction, &operand, operand);
}

void warpgroup_multiply(float* sums, int columns, uint64_t a, const uint32_t* a_registers,
                        uint64_t b, bool b_transposed, bool accumulate, Format format) {
  IssueOperand operand{sums, a_registers, a, b, columns, b_transposed, accumulate, format};
  meet_as_warpgroup(issue_instruction, &operand,
                    static_cast<uint64_t>(columns) << 8 | (a_registers ? 1 : 0) |
                        (b_transposed ? 2 : 0) | static_cast<uint64_t>(format) << 2);
}

void warpgroup_hold(const float* sums) {
  const Thread& self = Machine::thread();
  for (const auto& held : self.warp->matrix->sums) {
    if (!held->delivered && held->registers[self.lane] == sums)
      fault(SIGIL_ASYNC,
            "warpgroup_hold on sums with products under way: no warpgroup_wait for them");
  }
}

}  // namespace sigil::emulator
