// The emulated contents of a tensor map's 128 bytes.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace sigil::emulator {

/// What encode_tensor_map writes; sizes innermost first.
struct EmulatedTensorMap {
  static constexpr uint64_t expected_mark = 0x70616d2d6c676973;
  uint64_t mark;
  char* address;
  uint64_t strides[4];
  uint32_t sizes[5];
  uint16_t box[5];
  uint8_t element_strides[5];
  uint8_t rank, element_bytes;
  /// 0, 32, 64 or 128.
  uint8_t swizzle;
  uint8_t type;
};
static_assert(sizeof(EmulatedTensorMap) <= 128);

/// Checks what cuTensorMapEncodeTiled checks (interleave none, out-of-bounds fill zeros) and writes
/// 128 bytes to `map`. `type` is a CUtensorMapDataType, `swizzle` a CUtensorMapSwizzle (0 to 3:
/// none, 32, 64, 128 bytes); `strides` has rank - 1 bytes. False, with the reason in `message`,
/// when the driver would say invalid value.
bool encode_tensor_map(void* map, int type, uint32_t rank, void* address, const uint64_t* sizes,
                       const uint64_t* strides, const uint32_t* box,
                       const uint32_t* element_strides, int swizzle, char* message,
                       size_t capacity);

}  // namespace sigil::emulator
