#include "image.h"
#include <algorithm>
#include <cstdint>
#include <cstring>
#include "failure.h"

namespace sigil::cuda {
namespace {

constexpr uint32_t fat_binary = 0xba55ed50, elf = 0x464c457f;
/// As long as the longest header that is read here.
constexpr size_t least_bytes = 64;

template <typename T>
T read(const std::vector<char>& image, size_t at) {
  T value{};
  std::memcpy(&value, image.data() + at, sizeof value);
  return value;
}

/// Where a table ends that begins at an offset; the largest number if no memory reaches so far.
uint64_t end_of(uint64_t offset, uint64_t bytes) {
  return offset > UINT64_MAX - bytes ? UINT64_MAX : offset + bytes;
}

/// How long an image says that it is; 0 for text, which ends with its zero.
uint64_t stated_bytes(const std::vector<char>& image) {
  const auto magic = read<uint32_t>(image, 0);
  if (magic == fat_binary) return end_of(read<uint64_t>(image, 8), read<uint16_t>(image, 6));
  if (magic != elf) return 0;
  const auto table = [&](size_t offset, size_t entry, size_t count) {
    return end_of(read<uint64_t>(image, offset),
                  uint64_t{read<uint16_t>(image, entry)} * read<uint16_t>(image, count));
  };
  return std::max(table(0x28, 0x3a, 0x3c), table(0x20, 0x36, 0x38));
}

bool is_text(const std::vector<char>& image) {
  return std::all_of(image.begin(), image.begin() + 16,
                     [](char c) { return (c >= 0x20 && c < 0x7f) || (c >= '\t' && c <= '\r'); });
}

}  // namespace

void check_image(std::vector<char>& image, const std::string& about) {
  const auto refuse = [&](const std::string& what) {
    throw Failure{"image", what, "", "cuLibraryLoadData", about, 0};
  };
  const std::string received = ", received " + std::to_string(image.size());
  if (image.size() < least_bytes)
    refuse("expected at least " + std::to_string(least_bytes) + " bytes" + received);
  const uint64_t stated = stated_bytes(image);
  if (stated == 0 && !is_text(image))
    refuse("expected a fat binary, a cubin or PTX, received something else");
  if (stated > image.size()) refuse("expected " + std::to_string(stated) + " bytes" + received);
  image.push_back('\0');
}

}  // namespace sigil::cuda
