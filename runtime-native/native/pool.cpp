#include "pool.h"
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
constexpr uint64_t untaken = 0xffffffff;

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

Pool::Pool(int threads) : threads_(threads < 1 ? 1 : threads > 255 ? 255 : threads) {
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

bool Pool::take(int thread) {
  uint64_t open = open_.load(std::memory_order_acquire);
  do {
    if ((open & untaken) == 0 || thread >= (int)(open >> 32 & 0xff)) return false;
  } while (!open_.compare_exchange_weak(open, open - 1, std::memory_order_acq_rel,
                                        std::memory_order_acquire));
  work_(context_, units_ - (uint32_t)(open & untaken), thread);
  left_.fetch_sub(1, std::memory_order_release);
  return true;
}

void Pool::share(int64_t units, int threads, Work work, void* context) {
  if (threads > threads_) threads = threads_;
  if (threads <= 1 || units == 1) {
    for (int64_t unit = 0; unit < units; unit++) work(context, unit, 0);
    return;
  }
  constexpr int64_t most = 1 << 30;
  for (int64_t begin = 0; begin < units; begin += most) {
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
    units_ = (uint32_t)(units - begin < most ? units - begin : most);
    number_ = (number_ + 1) & 0xffffff;
    left_.store(units_, std::memory_order_relaxed);
    open_.store((uint64_t)number_ << 40 | (uint64_t)threads << 32 | units_,
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
    const uint64_t open = open_.load(std::memory_order_seq_cst);
    if ((open & untaken) == 0 || thread >= (int)(open >> 32 & 0xff)) wake_.wait(lock);
    sleeping_.fetch_sub(1, std::memory_order_seq_cst);
  }
}

}  // namespace sigil::native
