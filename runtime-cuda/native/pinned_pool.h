// Pinned memory for the inputs of runs. JavaScript's thread copies into it and the device reads it,
// so that no other copy is made; it is kept for later runs, since pinning takes long.
#pragma once
#include <memory>
#include <mutex>
#include <vector>
#include "driver.h"

namespace sigil::cuda {

/// Blocks of one size, of which none is there before it is wanted. Only the device's thread calls
/// the driver: it has the context, and pinning a block can take a millisecond. A thread that finds
/// no block uses other memory, and the next run finds one.
class PinnedPool : public std::enable_shared_from_this<PinnedPool> {
 public:
  /// For a device whose pinned memory may be `staging_bytes` in all: two blocks are Staging's.
  explicit PinnedPool(size_t staging_bytes);
  PinnedPool(const PinnedPool&) = delete;

  size_t block_bytes() const { return block_bytes_; }
  /// A block that is free again once nobody points to it; null if there is none. On any thread,
  /// before `close` is under way.
  std::shared_ptr<unsigned char> take();
  /// So much found no block.
  void want(size_t bytes);

  /// On the device's thread: allows `grow`. The driver outlives `close`.
  void open(const Driver& driver);
  /// On the device's thread: allocates what was wanted, up to the bound. Once the driver refuses,
  /// what there is has to do.
  void grow();
  /// On the device's thread: frees every block. One that is still lent must not be used any more.
  void close();

 private:
  void give_back(unsigned char* block);
  /// Whether one more block is to be allocated now.
  bool is_short();

  const size_t block_bytes_;
  std::mutex mutex_;
  const Driver* driver_ = nullptr;
  size_t most_blocks_;
  size_t wanted_ = 0;
  std::vector<unsigned char*> blocks_;
  std::vector<unsigned char*> free_;
};

}  // namespace sigil::cuda
