#include "promises.h"
#include <memory>
#include <new>
#include <stdexcept>

namespace sigil {

Napi::Error to_error(Napi::Env env, const cuda::Failure& failure) {
  Napi::Error error = Napi::Error::New(env, failure.message);
  error.Set("code", Napi::String::New(env, failure.code));
  error.Set("cudaName", Napi::String::New(env, failure.name));
  error.Set("call", Napi::String::New(env, failure.call));
  error.Set("about", Napi::String::New(env, failure.about));
  error.Set("status", Napi::Number::New(env, failure.status));
  return error;
}

cuda::Failure failure_of(const std::exception& exception) {
  const bool no_room = dynamic_cast<const std::bad_alloc*>(&exception) ||
                       dynamic_cast<const std::length_error*>(&exception);
  return {no_room ? "out-of-memory" : "handle", exception.what(), "", "host", "", 0};
}

struct PromisingWorker::Pending {
  Napi::Promise::Deferred deferred;
  Napi::ObjectReference self;
  Channel channel;
  Result result;
  cuda::Failure failure;
  bool failed = false;
};

PromisingWorker::PromisingWorker(Napi::Env env, const char* name, std::function<void()> last)
    : env_(env), channel_(Channel::New(env, name, 0, 1, &context_)), last_(std::move(last)) {
  channel_.Unref(env);
  // After the channel's own hook, so that it runs before it: nothing is sent to a channel that is
  // gone.
  napi_add_env_cleanup_hook(env, on_environment_end, this);
}

PromisingWorker::~PromisingWorker() {
  stop(true);
  napi_remove_env_cleanup_hook(env_, on_environment_end, this);
}

void PromisingWorker::on_environment_end(void* self) {
  static_cast<PromisingWorker*>(self)->stop(true);
}

void PromisingWorker::stop(bool drop) {
  if (stopped_) return;
  stopped_ = true;
  worker_.stop(drop, last_);
  channel_.Release();
}

Napi::Value PromisingWorker::promise(const Napi::CallbackInfo& info, std::function<Result()> work) {
  const Napi::Env env = info.Env();
  auto* pending = new Pending{Napi::Promise::Deferred::New(env), {}, channel_, {}, {}};
  const Napi::Promise promise = pending->deferred.Promise();
  if (stopped_) {
    pending->deferred.Reject(
        to_error(env, {"closed", "the device was closed", "", "", "", 0}).Value());
    delete pending;
    return promise;
  }
  pending->self = Napi::Persistent(info.This().As<Napi::Object>());
  if (context_.unsettled++ == 0) channel_.Ref(env);
  worker_.post([pending, work = std::move(work)] {
    try {
      pending->result = work();
    } catch (const cuda::Failure& failure) {
      pending->failed = true;
      pending->failure = failure;
    } catch (const std::exception& exception) {
      pending->failed = true;
      pending->failure = failure_of(exception);
    }
    pending->channel.NonBlockingCall(pending);
  });
  return promise;
}

void PromisingWorker::settle(Napi::Env env, Napi::Function, Context* context, Pending* pending) {
  // Without an environment it is being torn down, and nobody waits.
  if (env == nullptr) return;
  const std::unique_ptr<Pending> owned(pending);
  if (--context->unsettled == 0) pending->channel.Unref(env);
  try {
    const Napi::HandleScope scope(env);
    try {
      if (pending->failed)
        pending->deferred.Reject(to_error(env, pending->failure).Value());
      else
        pending->deferred.Resolve(pending->result(env));
    } catch (const Napi::Error& error) {
      // JavaScript has no room for the result.
      pending->deferred.Reject(error.Value());
    }
  } catch (const Napi::Error&) {
    // The thread of JavaScript is being ended, so that nothing can be settled and nobody waits.
    // What leaves a callback then ends the process.
  }
}

}  // namespace sigil
