#include "pool.h"
#include <algorithm>
#include <chrono>
#include "cores.h"
#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#endif
#ifdef _WIN32
#include <windows.h>
#elif defined(__APPLE__)
#include <dlfcn.h>
#endif

namespace sigil::native {
namespace {

/// How long a helper looks for the next launch before it sleeps. Waking one takes 18 to 75
/// microseconds, and a launch follows the other within a few.
constexpr auto patience = std::chrono::microseconds(50);
/// Looks between two glances at the clock, and before a waiting thread gives its turn away.
constexpr int looks = 64;

// Of a run's word.
constexpr int past_bits = 28, threads_at = 56;
constexpr uint64_t most_units = (1 << past_bits) - 1;
uint64_t first_of(uint64_t open) { return open >> past_bits & most_units; }
uint64_t past_of(uint64_t open) { return open & most_units; }
bool is_for(uint64_t open, int thread) {
  return first_of(open) < past_of(open) && thread < (int)(open >> threads_at);
}

inline void pause() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Round to nearest, subnormal numbers kept, whatever the thread that started this one has.
void set_rounding() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_setcsr(0x1f80);
#elif defined(__aarch64__) && defined(__GNUC__)
  asm volatile("msr fpcr, %0" ::"r"((uint64_t)0));
#endif
}

/// Keeps the addon in memory when the environment that loaded it has ended: the threads run on. On
/// Linux the linker says so.
void stay() {
#ifdef _WIN32
  HMODULE self;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     (LPCWSTR)&stay, &self);
#elif defined(__APPLE__)
  Dl_info self;
  if (dladdr((const void*)&stay, &self)) dlopen(self.dli_fname, RTLD_NOW | RTLD_NODELETE);
#endif
}

}  // namespace

Pool& Pool::shared() {
  static Pool* const pool = [] {
    stay();
    return new Pool(usable_cores());
  }();
  return *pool;
}

Pool::Pool(int threads) : threads_(std::max(1, std::min(threads, most_threads))) {
  std::thread([this] { conduct(); }).detach();
  for (int thread = 1; thread < threads_; thread++)
    std::thread([this, thread] { help(thread); }).detach();
}

void Pool::post(std::function<void()> job) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  posted_.notify_one();
}

void Pool::conduct() {
  set_rounding();
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      while (jobs_.empty()) posted_.wait(lock);
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

bool Pool::take_from(int run, int thread) {
  std::atomic<uint64_t>& word = runs_[run].open;
  uint64_t open = word.load(std::memory_order_acquire), rest;
  do {
    if (!is_for(open, thread)) return false;
    rest = run == thread ? open + (1 << past_bits) : open - 1;
  } while (!word.compare_exchange_weak(open, rest, std::memory_order_acq_rel,
                                       std::memory_order_acquire));
  work_(context_, (int64_t)(run == thread ? first_of(open) : past_of(rest)), thread);
  left_.fetch_sub(1, std::memory_order_release);
  return true;
}

bool Pool::take(int thread) {
  for (int i = 0; i < threads_; i++)
    if (take_from((thread + i) % threads_, thread)) return true;
  return false;
}

bool Pool::waits_for(int thread) const {
  for (int run = 0; run < threads_; run++)
    if (is_for(runs_[run].open.load(std::memory_order_seq_cst), thread)) return true;
  return false;
}

void Pool::share(int64_t units, int threads, Work work, void* context) {
  if (threads > threads_) threads = threads_;
  if (threads <= 1 || units == 1) {
    for (int64_t unit = 0; unit < units; unit++) work(context, unit, 0);
    return;
  }
  for (int64_t begin = 0; begin < units; begin += most_units) {
    struct Part {
      Work work;
      void* context;
      int64_t begin;
    } part{work, context, begin};
    work_ = [](void* self, int64_t unit, int thread) {
      const Part& p = *(const Part*)self;
      p.work(p.context, p.begin + unit, thread);
    };
    context_ = &part;
    const uint64_t count = std::min((uint64_t)(units - begin), most_units);
    left_.store((int64_t)count, std::memory_order_relaxed);
    for (int run = threads - 1; run >= 0; run--)
      runs_[run].open.store((uint64_t)threads << threads_at |
                                count * (uint64_t)run / (uint64_t)threads << past_bits |
                                count * (uint64_t)(run + 1) / (uint64_t)threads,
                            std::memory_order_seq_cst);
    if (sleeping_.load(std::memory_order_seq_cst) > 0) {
      const std::lock_guard<std::mutex> lock(mutex_);
      wake_.notify_all();
    }
    while (take(0)) {
    }
    for (int i = 0; left_.load(std::memory_order_acquire) != 0; i++)
      if (i % looks == looks - 1)
        std::this_thread::yield();
      else
        pause();
  }
}

void Pool::help(int thread) {
  set_rounding();
  for (;;) {
    auto since = std::chrono::steady_clock::now();
    for (int i = 0;; i++) {
      if (take(thread)) {
        since = std::chrono::steady_clock::now();
        i = 0;
        continue;
      }
      if (i % looks == looks - 1 && std::chrono::steady_clock::now() - since > patience) break;
      pause();
    }
    std::unique_lock<std::mutex> lock(mutex_);
    sleeping_.fetch_add(1, std::memory_order_seq_cst);
    if (!waits_for(thread)) wake_.wait(lock);
    sleeping_.fetch_sub(1, std::memory_order_seq_cst);
  }
}

}  // namespace sigil::native
