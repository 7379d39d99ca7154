// Bytes on their way to a device, in memory that JavaScript does not know.
#pragma once
#include <memory>
#include <string>
#include <vector>
#include "pinned_pool.h"

namespace sigil::cuda {

struct HostPiece {
  std::shared_ptr<unsigned char> memory;
  size_t bytes;
  /// Whether the device may read it where it is.
  bool pinned;
};

struct Upload {
  Pointer device;
  /// In order, without gaps on the device.
  std::vector<HostPiece> pieces;
  std::string about;

  size_t bytes() const;
};

/// Copies what one call sends. Uploads lie one behind the other in the blocks of a pool, and
/// elsewhere once the pool has no more.
class UploadCopier {
 public:
  /// `pool` may be null, and outlives this.
  explicit UploadCopier(PinnedPool* pool) : pool_(pool) {}
  UploadCopier(const UploadCopier&) = delete;
  /// Tells the pool what it lacked.
  ~UploadCopier();

  std::vector<HostPiece> copy(const void* source, size_t bytes);

 private:
  PinnedPool* pool_;
  /// The rest of the block taken last.
  std::shared_ptr<unsigned char> rest_;
  size_t rest_bytes_ = 0;
  size_t lacked_bytes_ = 0;
};

}  // namespace sigil::cuda
