// The host's side of device/platform/language.cuh: the same names for g++, by calls into the
// engine.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/registration.h"

#define SIGIL_DEVICE inline __attribute__((always_inline))

#define SIGIL_KERNEL(name, threads, blocks)                                \
  static constexpr uint32_t sigil_bounds_##name[] = {(threads), (blocks)}; \
  static void name

// The byte is there so that two kernels of one name do not link.
#define SIGIL_EXPORT(name)                                                 \
  extern "C" {                                                             \
  extern const char sigil_exported_##name;                                 \
  const char sigil_exported_##name = 0;                                    \
  }                                                                        \
  static ::sigil::emulator::Registration<&name> sigil_registration_##name( \
      #name, sigil_bounds_##name[0], sigil_bounds_##name[1]);

#define SIGIL_GRID_CONSTANT

namespace sigil {

SIGIL_DEVICE char* shared_memory() { return emulator::here->shared; }
SIGIL_DEVICE uint32_t shared_address(const void* pointer) {
  return emulator::shared_window_address(pointer);
}

SIGIL_DEVICE int thread_x() { return emulator::here->thread; }
SIGIL_DEVICE int block_x() { return emulator::here->block[0]; }
SIGIL_DEVICE int block_y() { return emulator::here->block[1]; }
SIGIL_DEVICE int block_z() { return emulator::here->block[2]; }
SIGIL_DEVICE int grid_x() { return emulator::here->grid[0]; }

SIGIL_DEVICE void sync_threads() { emulator::block_barrier(); }
SIGIL_DEVICE void sync_warp() { emulator::warp_barrier(); }
SIGIL_DEVICE void sync_named(int id, int threads) { emulator::named_barrier(id, threads); }

SIGIL_DEVICE int opaque(int value) { return value; }

SIGIL_DEVICE int shuffle(int value, int lane) {
  return static_cast<int>(
      emulator::shuffle_bits(static_cast<uint32_t>(value), static_cast<uint32_t>(lane)));
}
SIGIL_DEVICE float shuffle(float value, int lane) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  bits = emulator::shuffle_bits(bits, static_cast<uint32_t>(lane));
  memcpy(&value, &bits, 4);
  return value;
}
SIGIL_DEVICE float shuffle_xor(float value, int mask) {
  return shuffle(value, (emulator::here->thread & 31) ^ mask);
}

SIGIL_DEVICE bool elect_one() { return emulator::elect(); }

}  // namespace sigil
