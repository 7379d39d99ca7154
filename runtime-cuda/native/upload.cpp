#include "upload.h"
#include <algorithm>
#include <cstring>
#include "host_memory.h"

namespace sigil::cuda {
namespace {

/// Where a device's copies begin fastest.
constexpr size_t alignment = 256;

}  // namespace

size_t Upload::bytes() const {
  size_t sum = 0;
  for (const HostPiece& piece : pieces) sum += piece.bytes;
  return sum;
}

UploadCopier::~UploadCopier() {
  if (pool_ && lacked_bytes_ > 0) pool_->want(lacked_bytes_);
}

std::vector<HostPiece> UploadCopier::copy(const void* source, size_t bytes) {
  std::vector<HostPiece> pieces;
  const char* from = static_cast<const char*>(source);
  const auto add = [&](std::shared_ptr<unsigned char> memory, size_t count, bool pinned) {
    std::memcpy(memory.get(), from, count);
    pieces.push_back({std::move(memory), count, pinned});
    from += count;
    bytes -= count;
  };
  while (bytes > 0 && lacked_bytes_ == 0) {
    if (rest_bytes_ == 0) {
      rest_ = pool_ ? pool_->take() : nullptr;
      if (!rest_) break;
      rest_bytes_ = pool_->block_bytes();
    }
    const size_t count = std::min(rest_bytes_, bytes);
    const size_t used = std::min(rest_bytes_, (count + alignment - 1) / alignment * alignment);
    add(rest_, count, true);
    rest_ = {rest_, rest_.get() + used};
    rest_bytes_ -= used;
  }
  if (bytes == 0) return pieces;
  lacked_bytes_ += bytes;
  add(host_memory(bytes), bytes, false);
  return pieces;
}

}  // namespace sigil::cuda
