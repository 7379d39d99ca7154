#include "pinned_pool.h"
#include <algorithm>

namespace sigil::cuda {
namespace {

/// Large enough that a copy's own cost does not matter, and small enough for a session that embeds
/// a picture at a time.
constexpr size_t least_block = 4096, most_block = 4 << 20;
constexpr size_t staging_blocks = 2;

}  // namespace

PinnedPool::PinnedPool(size_t staging_bytes)
    : block_bytes_(std::clamp(staging_bytes / 8, least_block, most_block)),
      most_blocks_(std::max(staging_bytes / block_bytes_, staging_blocks) - staging_blocks) {}

std::shared_ptr<unsigned char> PinnedPool::take() {
  unsigned char* block = nullptr;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (free_.empty()) return nullptr;
    block = free_.back();
    free_.pop_back();
  }
  return {block, [pool = shared_from_this()](unsigned char* taken) { pool->give_back(taken); }};
}

void PinnedPool::give_back(unsigned char* block) {
  std::lock_guard<std::mutex> lock(mutex_);
  // There is room: grow reserved it. A pool that was closed has freed the block.
  if (driver_) free_.push_back(block);
}

void PinnedPool::want(size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  wanted_ += bytes / block_bytes_ + (bytes % block_bytes_ > 0);
}

void PinnedPool::open(const Driver& driver) {
  std::lock_guard<std::mutex> lock(mutex_);
  driver_ = &driver;
}

bool PinnedPool::is_short() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (wanted_ == 0 || blocks_.size() >= most_blocks_) {
    wanted_ = 0;
    return false;
  }
  wanted_--;
  blocks_.reserve(blocks_.size() + 1);
  free_.reserve(blocks_.size() + 1);
  return true;
}

void PinnedPool::grow() {
  // Without the lock while the driver works: JavaScript's thread would wait.
  while (is_short()) {
    void* block = nullptr;
    const bool allocated = driver_->cuMemHostAlloc(&block, block_bytes_, 0) == success;
    std::lock_guard<std::mutex> lock(mutex_);
    if (!allocated) {
      most_blocks_ = blocks_.size();
      continue;
    }
    blocks_.push_back(static_cast<unsigned char*>(block));
    free_.push_back(static_cast<unsigned char*>(block));
  }
}

void PinnedPool::close() {
  std::lock_guard<std::mutex> lock(mutex_);
  for (unsigned char* block : blocks_) driver_->cuMemFreeHost(block);
  blocks_.clear();
  free_.clear();
  driver_ = nullptr;
}

}  // namespace sigil::cuda
