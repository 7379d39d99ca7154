// Work on a device's thread as promises of JavaScript.
#pragma once
#include <napi.h>
#include <functional>
#include "failure.h"
#include "worker.h"

namespace sigil {

/// An Error with what the failure knows: code, cudaName, call, about, status.
Napi::Error to_error(Napi::Env env, const cuda::Failure& failure);

/// Of what the standard library threw: "out-of-memory" where this machine has no room.
cuda::Failure failure_of(const std::exception& exception);

/// What a task gives back once it is done: made on the thread of JavaScript.
using Result = std::function<Napi::Value(Napi::Env)>;

/// A worker whose tasks are promises. The process stays alive while any is unsettled. Used by the
/// thread of JavaScript.
class PromisingWorker {
 public:
  /// `last` runs on the worker when it stops: at the latest when the environment ends.
  PromisingWorker(Napi::Env env, const char* name, std::function<void()> last);
  PromisingWorker(const PromisingWorker&) = delete;
  ~PromisingWorker();

  /// A promise of what `work` returns, or of the Failure that it throws. The object whose method is
  /// called is kept alive until then; memory of JavaScript is not the work's to touch.
  Napi::Value promise(const Napi::CallbackInfo& info, std::function<Result()> work);
  /// Ends the worker: waits for the task that runs, and for those that wait unless they are
  /// dropped, as they are where nobody waits for their promises.
  void stop(bool drop);

 private:
  struct Pending;
  struct Context {
    int unsettled = 0;
  };
  static void settle(Napi::Env env, Napi::Function, Context* context, Pending* pending);
  static void on_environment_end(void* self);
  using Channel = Napi::TypedThreadSafeFunction<Context, Pending, settle>;

  Napi::Env env_;
  Context context_;
  Worker worker_;
  Channel channel_;
  std::function<void()> last_;
  bool stopped_ = false;
};

}  // namespace sigil
