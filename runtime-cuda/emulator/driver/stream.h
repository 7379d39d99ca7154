// Streams: what is asked of one happens later, in order, on a thread of its own. Events: when that
// came past them.
#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace sigil::emulated {

class StreamObject {
 public:
  StreamObject();
  ~StreamObject();
  void push(std::function<void()> task);
  /// Until all that was pushed is done.
  void synchronize();

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool busy_ = false;
  bool ended_ = false;
  std::thread thread_;
};

class EventObject {
 public:
  /// Recorded, and not reached yet.
  void arm();
  void reach();
  /// At once for an event that was never recorded, as CUDA has it.
  void synchronize();
  std::chrono::steady_clock::time_point time();
  bool is_reached();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reached_ = true;
  std::chrono::steady_clock::time_point time_{};
};

}  // namespace sigil::emulated
