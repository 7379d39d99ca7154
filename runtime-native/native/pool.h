// The threads that compute: one pool for the process, which programs of all sessions share.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace sigil::native {

/// Runs jobs one after the other on a thread of its own, the conductor; within a job, units of work
/// are shared with the helpers. Never ends: a process that ends takes its threads with it.
class Pool {
 public:
  /// Called with a unit and the number of the thread, 0 the conductor's.
  using Work = void (*)(void* context, int64_t unit, int thread);

  static Pool& shared();
  explicit Pool(int threads);
  Pool(const Pool&) = delete;

  int threads() const { return threads_; }
  /// Runs a job after those that were posted before it.
  void post(std::function<void()> job);
  /// Runs `work` for every unit below `units` on at most `threads` threads and returns when all are
  /// done. Within a job only. Which thread takes a unit is chance.
  void share(int64_t units, int threads, Work work, void* context);

 private:
  void conduct();
  void help(int thread);
  bool take(int thread);

  const int threads_;

  // What a launch is: `open_` has its number (24 bits), the threads it may have (8) and the units
  // that nobody has taken (32). A thread takes a unit by one less; then the launch cannot end
  // before that unit has, and what describes it stays as it is.
  alignas(64) std::atomic<uint64_t> open_{0};
  alignas(64) std::atomic<int64_t> left_{0};
  Work work_ = nullptr;
  void* context_ = nullptr;
  uint32_t units_ = 0;
  uint32_t number_ = 0;

  alignas(64) std::atomic<int> sleeping_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> jobs_;
};

}  // namespace sigil::native
