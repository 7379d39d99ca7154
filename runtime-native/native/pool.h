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
  /// done. Within a job only. A thread begins with the same part of them whenever they are as many;
  /// who takes what it is late with is chance.
  void share(int64_t units, int threads, Work work, void* context);

 private:
  /// Units that lie beside each other, in one word: the first that nobody has taken (28 bits), the
  /// first past them (28), and above these the threads that the launch may have (8).
  struct alignas(64) Run {
    std::atomic<uint64_t> open{0};
  };
  static constexpr int most_threads = 255;

  void conduct();
  void help(int thread);
  bool take(int thread);
  bool take_from(int run, int thread);
  bool waits_for(int thread) const;

  const int threads_;

  // A launch's units lie in runs, one for each of its threads, so that launch after launch a thread
  // has the same part of the rows, whose values lie in its own cache. It takes its run in order,
  // and then the last of another's. Until a unit that it took has ended, the launch cannot end, and
  // what describes it stays as it is.
  Run runs_[most_threads];
  alignas(64) std::atomic<int64_t> left_{0};
  Work work_ = nullptr;
  void* context_ = nullptr;

  alignas(64) std::atomic<int> sleeping_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> jobs_;
};

}  // namespace sigil::native
