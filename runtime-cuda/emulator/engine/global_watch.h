// Watches global memory while checked kernels run: which blocks of a launch read and wrote it.
// Blocks have no order, so what one wrote no other may touch; and before a thread has waited for
// the launches ahead it may not touch what these write.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace sigil::emulator {

struct Thread;

class GlobalWatch {
 public:
  struct Page;
  /// The pages that a host thread touched last.
  struct Cache {
    struct Entry {
      uintptr_t number;
      Page* page;
    };
    std::array<Entry, 64> entries = {};
  };

  GlobalWatch();
  ~GlobalWatch();
  GlobalWatch(const GlobalWatch&) = delete;

  /// An access of the running thread, by itself or by a copy that it starts. Blocks of a cluster
  /// count as any others: kernels here meet in shared memory alone.
  static void access(const void* address, uint64_t bytes, bool write, const char* what);

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<uintptr_t, std::unique_ptr<Page>> pages;
  };

  Page& page(Cache& cache, uintptr_t number);
  const Page* known_page(uintptr_t number) const;
  /// Faults when the launch of this watch, which is ahead of the running thread's, wrote the bytes,
  /// or read what is written.
  void check_unordered(uintptr_t address, uint64_t bytes, bool write, const char* what,
                       const char* kernel) const;

  std::array<Shard, 16> shards_;
};

}  // namespace sigil::emulator
