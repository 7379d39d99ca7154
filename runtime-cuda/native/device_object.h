// A device as an object of JavaScript: every method is a promise.
#pragma once
#include <napi.h>
#include <memory>
#include "device.h"
#include "promises.h"

namespace sigil {

class DeviceObject : public Napi::ObjectWrap<DeviceObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit DeviceObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value open(const Napi::CallbackInfo& info);
  Napi::Value allocate(const Napi::CallbackInfo& info);
  Napi::Value free(const Napi::CallbackInfo& info);
  Napi::Value upload(const Napi::CallbackInfo& info);
  Napi::Value load_image(const Napi::CallbackInfo& info);
  Napi::Value take_kernel(const Napi::CallbackInfo& info);
  Napi::Value launch(const Napi::CallbackInfo& info);
  Napi::Value add_graph(const Napi::CallbackInfo& info);
  Napi::Value update_graph(const Napi::CallbackInfo& info);
  Napi::Value drop_graph(const Napi::CallbackInfo& info);
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value repeat(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  /// On the worker. Throws Failure "closed" before open and after close.
  static cuda::Device& device_of(const std::shared_ptr<std::unique_ptr<cuda::Device>>& slot);

  std::shared_ptr<const cuda::Driver> driver_;
  /// Filled and emptied on the worker alone.
  std::shared_ptr<std::unique_ptr<cuda::Device>> slot_;
  /// Of the device that calls made now will find, if it could be opened; null after close.
  std::shared_ptr<cuda::PinnedPool> pool_;
  std::unique_ptr<PromisingWorker> worker_;
};

}  // namespace sigil
