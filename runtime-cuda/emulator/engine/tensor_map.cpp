// The rules of cuTensorMapEncodeTiled, CUDA driver API, "Tensor Map Object Management".
#include "engine/tensor_map.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "engine/launch.h"

namespace sigil::emulator {

bool encode_tensor_map(void* map, int type, uint32_t rank, void* address, const uint64_t* sizes,
                       const uint64_t* strides, const uint32_t* box,
                       const uint32_t* element_strides, int swizzle, char* message,
                       size_t capacity) {
  const auto refuse = [&](const char* format, ...) {
    va_list values;
    va_start(values, format);
    if (capacity) vsnprintf(message, capacity, format, values);
    va_end(values);
    return false;
  };
  // uint8, uint16, uint32, int32, uint64, int64, float16, float32, float64, bfloat16, and float32
  // variants.
  static constexpr uint8_t bytes_of_type[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2, 4, 4, 4};
  if (!map || reinterpret_cast<uintptr_t>(map) % 64)
    return refuse("the map lies at %p; it must be aligned to 64 bytes", map);
  if (type < 0 || type > 12) return refuse("data type %d", type);
  if (rank < 1 || rank > 5) return refuse("rank %u; 1 to 5", rank);
  if (!address || reinterpret_cast<uintptr_t>(address) % 16)
    return refuse("global address %p; a multiple of 16", address);
  if (swizzle < 0 || swizzle > 3) return refuse("swizzle %d; 0 to 3", swizzle);
  const uint64_t element = bytes_of_type[type];
  uint64_t reach = sizes[0] * element, boxed = 1;
  for (uint32_t i = 0; i < rank; i++) {
    if (sizes[i] < 1 || sizes[i] > uint64_t{1} << 32)
      return refuse("size %u is %llu; 1 to 2^32", i, static_cast<unsigned long long>(sizes[i]));
    if (box[i] < 1 || box[i] > 256) return refuse("box size %u is %u; 1 to 256", i, box[i]);
    if (element_strides[i] < 1 || element_strides[i] > 8)
      return refuse("element stride %u is %u; 1 to 8", i, element_strides[i]);
    boxed *= box[i];
    if (i == 0) continue;
    const uint64_t stride = strides[i - 1];
    if (stride % 16 || stride >= uint64_t{1} << 40)
      return refuse("stride %u is %llu bytes; a multiple of 16 below 2^40", i,
                    static_cast<unsigned long long>(stride));
    if (i == 1 && stride < reach)
      return refuse("stride 1 is %llu bytes, less than a row of %llu",
                    static_cast<unsigned long long>(stride),
                    static_cast<unsigned long long>(reach));
  }
  const uint64_t inner = box[0] * element;
  if (inner % 16)
    return refuse("the box is %llu bytes wide; a multiple of 16",
                  static_cast<unsigned long long>(inner));
  const uint64_t span = swizzle ? 16u << swizzle : 0;
  if (span && inner > span)
    return refuse("the box is %llu bytes wide, more than the swizzle's %llu",
                  static_cast<unsigned long long>(inner), static_cast<unsigned long long>(span));

  EmulatedTensorMap encoded = {};
  encoded.mark = EmulatedTensorMap::expected_mark;
  encoded.address = static_cast<char*>(address);
  encoded.rank = static_cast<uint8_t>(rank);
  encoded.element_bytes = static_cast<uint8_t>(element);
  encoded.swizzle = static_cast<uint8_t>(span);
  encoded.type = static_cast<uint8_t>(type);
  for (uint32_t i = 0; i < 5; i++) {
    encoded.sizes[i] = i < rank ? static_cast<uint32_t>(sizes[i] - 1) + 1 : 1;
    encoded.box[i] = static_cast<uint16_t>(i < rank ? box[i] : 1);
    encoded.element_strides[i] = static_cast<uint8_t>(i < rank ? element_strides[i] : 1);
    if (i > 0) encoded.strides[i - 1] = i < rank ? strides[i - 1] : 0;
  }
  memset(map, 0, 128);
  memcpy(map, &encoded, sizeof encoded);
  return true;
}

}  // namespace sigil::emulator

int sigil_emulated_tensor_map(void* map, int dtype, uint32_t rank, void* address,
                              const uint64_t* sizes, const uint64_t* strides, const uint32_t* box,
                              const uint32_t* element_strides, int swizzle, char* message,
                              size_t capacity) {
  alignas(64) char encoded[128];
  if (!sigil::emulator::encode_tensor_map(encoded, dtype, rank, address, sizes, strides, box,
                                          element_strides, swizzle, message, capacity))
    return SIGIL_TENSOR_MAP;
  memcpy(map, encoded, 128);
  return SIGIL_OK;
}
