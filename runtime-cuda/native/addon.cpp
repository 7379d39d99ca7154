// The addon: opens a driver, and its devices. Nothing of CUDA is linked; see driver.cpp.
#include <napi.h>
#include "convert.h"
#include "device_object.h"

namespace sigil {
namespace {

struct Classes {
  Napi::FunctionReference device;
};

using SharedDriver = std::shared_ptr<const cuda::Driver>;

/// Opens a driver on libuv's threads: the first cuInit of a process can take most of a second.
class Opening : public Napi::AsyncWorker {
 public:
  Opening(Napi::Env env, std::vector<std::string> paths)
      : AsyncWorker(env, "sigil cuda driver"),
        deferred_(Napi::Promise::Deferred::New(env)),
        paths_(std::move(paths)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      driver_ = std::make_shared<const cuda::Driver>(paths_);
      devices_ = cuda::list_devices(*driver_);
    } catch (const cuda::Failure& failure) {
      fail(failure);
    } catch (const std::exception& exception) {
      fail(failure_of(exception));
    }
  }

  void OnOK() override {
    const Napi::Env env = Env();
    Napi::Object object = Napi::Object::New(env);
    object.Set("path", driver_->path());
    object.Set("version", driver_->version());
    object.Set("programmaticEdges", driver_->has_programmatic_edges());
    Napi::Array devices = Napi::Array::New(env, devices_.size());
    for (uint32_t i = 0; i < devices_.size(); i++) devices.Set(i, from_info(env, devices_[i]));
    object.Set("devices", devices);
    object.Set(
        "device",
        Napi::Function::New(env, [driver = driver_](const Napi::CallbackInfo& info) -> Napi::Value {
          auto external =
              Napi::External<SharedDriver>::New(info.Env(), new SharedDriver(driver),
                                                [](Napi::Env, SharedDriver* held) { delete held; });
          return info.Env().GetInstanceData<Classes>()->device.New({external});
        }));
    deferred_.Resolve(object);
  }

  void OnError(const Napi::Error&) override { deferred_.Reject(to_error(Env(), failure_).Value()); }

 private:
  void fail(const cuda::Failure& failure) {
    failure_ = failure;
    // An empty message would be taken for success.
    SetError("failed");
  }

  Napi::Promise::Deferred deferred_;
  std::vector<std::string> paths_;
  SharedDriver driver_;
  std::vector<cuda::DeviceInfo> devices_;
  cuda::Failure failure_;
};

Napi::Value open_driver(const Napi::CallbackInfo& info) {
  std::vector<std::string> paths = to_texts(info[0]);
  if (paths.empty())
    throw Napi::TypeError::New(info.Env(), "expected paths of drivers, received none");
  auto* opening = new Opening(info.Env(), std::move(paths));
  const Napi::Promise promise = opening->promise();
  opening->Queue();
  return promise;
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  auto* classes = new Classes{Napi::Persistent(DeviceObject::define(env))};
  env.SetInstanceData(classes);
  exports.Set("openDriver", Napi::Function::New(env, open_driver, "openDriver"));
  return exports;
}

}  // namespace
}  // namespace sigil

static Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  return sigil::initialize(env, exports);
}
NODE_API_MODULE(sigil_cuda, Initialize)
