#include "promises.h"

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

struct PromisingWorker::Pending {
  Napi::Promise::Deferred deferred;
  std::vector<Napi::ObjectReference> held;
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
  stop();
  napi_remove_env_cleanup_hook(env_, on_environment_end, this);
}

void PromisingWorker::on_environment_end(void* self) {
  static_cast<PromisingWorker*>(self)->stop();
}

void PromisingWorker::stop() {
  if (stopped_) return;
  stopped_ = true;
  worker_.stop(last_);
  channel_.Release();
}

Napi::Value PromisingWorker::promise(const Napi::CallbackInfo& info,
                                     const std::vector<Napi::Object>& held,
                                     std::function<Result()> work) {
  const Napi::Env env = info.Env();
  auto* pending = new Pending{Napi::Promise::Deferred::New(env), {}, channel_, {}, {}};
  const Napi::Promise promise = pending->deferred.Promise();
  if (stopped_) {
    pending->deferred.Reject(
        to_error(env, {"handle", "the device was closed", "", "", "", 0}).Value());
    delete pending;
    return promise;
  }
  pending->held.push_back(Napi::Persistent(info.This().As<Napi::Object>()));
  for (const Napi::Object& object : held) pending->held.push_back(Napi::Persistent(object));
  if (context_.unsettled++ == 0) channel_.Ref(env);
  worker_.post([pending, work = std::move(work)] {
    try {
      pending->result = work();
    } catch (const cuda::Failure& failure) {
      pending->failed = true;
      pending->failure = failure;
    } catch (const std::exception& exception) {
      pending->failed = true;
      pending->failure = {"handle", exception.what(), "", "", "", 0};
    }
    pending->channel.NonBlockingCall(pending);
  });
  return promise;
}

void PromisingWorker::settle(Napi::Env env, Napi::Function, Context* context, Pending* pending) {
  // Without an environment it is being torn down, and nobody waits.
  if (env == nullptr) return;
  Napi::HandleScope scope(env);
  if (--context->unsettled == 0) pending->channel.Unref(env);
  if (pending->failed)
    pending->deferred.Reject(to_error(env, pending->failure).Value());
  else
    pending->deferred.Resolve(pending->result(env));
  delete pending;
}

}  // namespace sigil
