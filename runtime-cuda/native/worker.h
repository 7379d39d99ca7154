// The one thread that talks to a device: calls that wait for the card never hold the thread of
// JavaScript up, and run in the order in which they came.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace sigil {

class Worker {
 public:
  Worker();
  /// As stop, with nothing to do last.
  ~Worker();
  Worker(const Worker&) = delete;

  /// Runs `task` after all that were posted before; false if the worker has stopped.
  bool post(std::function<void()> task);
  /// Waits for the task that runs, then runs those that wait, or drops them, runs `last` and ends
  /// the thread. From one other thread; once stopped, does nothing.
  void stop(bool drop = true, std::function<void()> last = {});

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool stopped_ = false;
  std::function<void()> last_;
  std::thread thread_;
};

}  // namespace sigil
