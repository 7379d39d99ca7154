#include "stream.h"

namespace sigil::emulated {

StreamObject::StreamObject() : thread_([this] { loop(); }) {}

StreamObject::~StreamObject() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void StreamObject::push(std::function<void()> task) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_all();
}

void StreamObject::synchronize() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return tasks_.empty() && !busy_; });
}

void StreamObject::loop() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ended_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    busy_ = true;
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

void EventObject::arm() {
  std::lock_guard<std::mutex> lock(mutex_);
  reached_ = false;
}

void EventObject::reach() {
  std::lock_guard<std::mutex> lock(mutex_);
  reached_ = true;
  time_ = std::chrono::steady_clock::now();
  changed_.notify_all();
}

void EventObject::synchronize() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return reached_; });
}

std::chrono::steady_clock::time_point EventObject::time() {
  std::lock_guard<std::mutex> lock(mutex_);
  return time_;
}

bool EventObject::is_reached() {
  std::lock_guard<std::mutex> lock(mutex_);
  return reached_;
}

}  // namespace sigil::emulated
