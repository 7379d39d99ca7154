// Jobs of the pool as promises of JavaScript.
#pragma once
#include <napi.h>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include "pool.h"

namespace sigil::native {

/// An Error with a `code`.
Napi::Error to_error(Napi::Env env, const std::string& code, const std::string& message);

/// What a job gives back once it is done: made on the thread of JavaScript.
using Result = std::function<Napi::Value(Napi::Env)>;

/// One for each environment of JavaScript, the process's and its workers'.
class Jobs {
 public:
  /// Lives as long as the environment.
  static Jobs* create(Napi::Env env);

  /// A promise of what `work` returns, or of what it throws. `keep` stays alive until then. The
  /// flag that work is given says that the environment ends and nobody waits.
  Napi::Value promise(Napi::Env env, Napi::Object keep,
                      std::function<Result(const std::atomic<bool>& stop)> work);

 private:
  struct Pending;
  struct Context {
    int unsettled = 0;
  };
  explicit Jobs(Napi::Env env);
  static void settle(Napi::Env env, Napi::Function, Context* context, Pending* pending);
  static void on_environment_end(void* self);
  using Channel = Napi::TypedThreadSafeFunction<Context, Pending, settle>;

  Context context_;
  Channel channel_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable ended_;
  int under_way_ = 0;
};

}  // namespace sigil::native
