#include "promises.h"
#include <memory>
#include <new>
#include "failure.h"

namespace sigil::native {

Napi::Error to_error(Napi::Env env, const std::string& code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

struct Jobs::Pending {
  Napi::Promise::Deferred deferred;
  Napi::ObjectReference keep;
  Channel channel;
  Result result;
  std::string code, message;
};

Jobs* Jobs::create(Napi::Env env) { return new Jobs(env); }

Jobs::Jobs(Napi::Env env) : channel_(Channel::New(env, "sigil native", 0, 1, &context_)) {
  channel_.Unref(env);
  // After the channel's own hook, so that it runs before it.
  napi_add_env_cleanup_hook(env, on_environment_end, this);
}

void Jobs::on_environment_end(void* data) {
  Jobs* const self = static_cast<Jobs*>(data);
  self->stop_ = true;
  std::unique_lock<std::mutex> lock(self->mutex_);
  while (self->under_way_ > 0) self->ended_.wait(lock);
  self->channel_.Release();
}

Napi::Value Jobs::promise(Napi::Env env, Napi::Object keep,
                          std::function<Result(const std::atomic<bool>& stop)> work) {
  auto* pending =
      new Pending{Napi::Promise::Deferred::New(env), Napi::Persistent(keep), channel_, {}, {}, {}};
  const Napi::Promise promise = pending->deferred.Promise();
  if (context_.unsettled++ == 0) channel_.Ref(env);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    under_way_++;
  }
  Pool::shared().post([this, pending, work = std::move(work)]() mutable {
    try {
      if (!stop_) pending->result = work(stop_);
    } catch (const Failure& failure) {
      pending->code = failure.code;
      pending->message = failure.what();
    } catch (const std::exception& exception) {
      pending->code = "out-of-memory";
      pending->message = exception.what();
    }
    // What it holds goes before the promise settles.
    work = nullptr;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!stop_) pending->channel.NonBlockingCall(pending);
    under_way_--;
    ended_.notify_all();
  });
  return promise;
}

void Jobs::settle(Napi::Env env, Napi::Function, Context* context, Pending* pending) {
  // Without an environment it is being torn down, and nobody waits.
  if (env == nullptr) return;
  const std::unique_ptr<Pending> owned(pending);
  if (--context->unsettled == 0) pending->channel.Unref(env);
  try {
    const Napi::HandleScope scope(env);
    try {
      if (!pending->code.empty())
        pending->deferred.Reject(to_error(env, pending->code, pending->message).Value());
      else
        pending->deferred.Resolve(pending->result(env));
    } catch (const Napi::Error& error) {
      // JavaScript has no room for the result.
      pending->deferred.Reject(error.Value());
    }
  } catch (const Napi::Error&) {
    // The thread of JavaScript is being ended: nothing can be settled.
  }
}

}  // namespace sigil::native
