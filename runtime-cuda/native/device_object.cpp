#include "device_object.h"
#include "convert.h"
#include "image.h"

namespace sigil {
namespace {

/// Each has an event, and all are in the stream at once.
constexpr uint64_t most_repeats = 1'000'000;

Napi::Value nothing(Napi::Env env) { return env.Undefined(); }

Result number(int value) {
  return [value](Napi::Env env) -> Napi::Value { return Napi::Number::New(env, value); };
}

}  // namespace

Napi::Function DeviceObject::define(Napi::Env env) {
  return DefineClass(
      env, "Device",
      {InstanceMethod<&DeviceObject::open>("open"),
       InstanceMethod<&DeviceObject::allocate>("allocate"),
       InstanceMethod<&DeviceObject::free>("free"), InstanceMethod<&DeviceObject::upload>("upload"),
       InstanceMethod<&DeviceObject::load_image>("loadImage"),
       InstanceMethod<&DeviceObject::take_kernel>("takeKernel"),
       InstanceMethod<&DeviceObject::launch>("launch"),
       InstanceMethod<&DeviceObject::add_graph>("addGraph"),
       InstanceMethod<&DeviceObject::update_graph>("updateGraph"),
       InstanceMethod<&DeviceObject::drop_graph>("dropGraph"),
       InstanceMethod<&DeviceObject::run>("run"), InstanceMethod<&DeviceObject::repeat>("repeat"),
       InstanceMethod<&DeviceObject::close>("close")});
}

DeviceObject::DeviceObject(const Napi::CallbackInfo& info)
    : ObjectWrap(info), slot_(std::make_shared<std::unique_ptr<cuda::Device>>()) {
  if (!info[0].IsExternal())
    throw Napi::TypeError::New(info.Env(), "expected a driver: call its method device");
  driver_ = *info[0].As<Napi::External<std::shared_ptr<const cuda::Driver>>>().Data();
  worker_ = std::make_unique<PromisingWorker>(info.Env(), "sigil cuda device",
                                              [slot = slot_] { slot->reset(); });
}

cuda::Device& DeviceObject::device_of(const std::shared_ptr<std::unique_ptr<cuda::Device>>& slot) {
  if (!*slot) throw cuda::Failure{"closed", "the device is not open", "", "", "", 0};
  return **slot;
}

Napi::Value DeviceObject::open(const Napi::CallbackInfo& info) {
  const int ordinal = to_number(info[0]);
  pool_ = std::make_shared<cuda::PinnedPool>(to_size(info[1]));
  return worker_->promise(info,
                          [slot = slot_, driver = driver_, ordinal, pool = pool_]() -> Result {
                            *slot = std::make_unique<cuda::Device>(driver, ordinal, pool);
                            return nothing;
                          });
}

Napi::Value DeviceObject::allocate(const Napi::CallbackInfo& info) {
  const size_t bytes = to_size(info[0]);
  return worker_->promise(info, [slot = slot_, bytes, about = to_text(info[1])]() -> Result {
    const cuda::Pointer pointer = device_of(slot).allocate(bytes, about);
    return [pointer](Napi::Env env) -> Napi::Value {
      return Napi::BigInt::New(env, static_cast<uint64_t>(pointer));
    };
  });
}

Napi::Value DeviceObject::free(const Napi::CallbackInfo& info) {
  return worker_->promise(info, [slot = slot_, pointer = to_pointer(info[0])]() -> Result {
    device_of(slot).free(pointer);
    return nothing;
  });
}

Napi::Value DeviceObject::upload(const Napi::CallbackInfo& info) {
  const std::vector<UploadRequest> requests = to_upload_requests(info[0]);
  // Weights, which are sent once: pinned memory for so much would be kept for nothing.
  return worker_->promise(info,
                          [slot = slot_, uploads = copy_uploads(requests, nullptr)]() -> Result {
                            device_of(slot).upload(uploads);
                            return nothing;
                          });
}

Napi::Value DeviceObject::load_image(const Napi::CallbackInfo& info) {
  return worker_->promise(info,
                          [slot = slot_, bytes = to_bytes<char>(info[0]),
                           about = to_text(info[1])]() mutable -> Result {
                            cuda::check_image(bytes, about);
                            const cuda::LoadedImage image =
                                device_of(slot).kernels().load(bytes.data(), about);
                            return [image](Napi::Env env) -> Napi::Value {
                              Napi::Object object = Napi::Object::New(env);
                              object.Set("id", image.id);
                              object.Set("log", image.log);
                              return object;
                            };
                          });
}

Napi::Value DeviceObject::take_kernel(const Napi::CallbackInfo& info) {
  const int image = to_number(info[0]);
  const int shared_bytes = to_number(info[2]);
  return worker_->promise(info,
                          [slot = slot_, image, name = to_text(info[1]), shared_bytes]() -> Result {
                            cuda::KernelSet& kernels = device_of(slot).kernels();
                            const int id = kernels.take(image, name, shared_bytes);
                            return [id, kernel = kernels.kernel(id)](Napi::Env env) -> Napi::Value {
                              Napi::Object object = Napi::Object::New(env);
                              object.Set("id", id);
                              object.Set("registers", kernel.registers);
                              object.Set("localBytes", kernel.local_bytes);
                              object.Set("ptxVersion", kernel.ptx_version);
                              object.Set("binaryVersion", kernel.binary_version);
                              return object;
                            };
                          });
}

Napi::Value DeviceObject::launch(const Napi::CallbackInfo& info) {
  return worker_->promise(info, [slot = slot_, launches = to_launches(info[0])]() -> Result {
    device_of(slot).launch(launches);
    return nothing;
  });
}

Napi::Value DeviceObject::add_graph(const Napi::CallbackInfo& info) {
  return worker_->promise(info, [slot = slot_, launches = to_launches(info[0])]() -> Result {
    return number(device_of(slot).add_graph(launches));
  });
}

Napi::Value DeviceObject::update_graph(const Napi::CallbackInfo& info) {
  return worker_->promise(
      info, [slot = slot_, id = to_number(info[0]), launches = to_launches(info[1])]() -> Result {
        device_of(slot).update_graph(id, launches);
        return nothing;
      });
}

Napi::Value DeviceObject::drop_graph(const Napi::CallbackInfo& info) {
  return worker_->promise(info, [slot = slot_, id = to_number(info[0])]() -> Result {
    device_of(slot).drop_graph(id);
    return nothing;
  });
}

Napi::Value DeviceObject::run(const Napi::CallbackInfo& info) {
  const int id = to_number(info[0]);
  const std::vector<UploadRequest> requests = to_upload_requests(info[1]);
  std::vector<cuda::Download> downloads = to_downloads(info[2]);
  const bool timed = info[3].ToBoolean();
  std::string about = to_text(info[4]);
  // Last: reading arguments can run getters, and one may close the device or open another. From
  // here on no JavaScript runs before the call waits for its turn, ahead of any that frees the
  // pool's memory.
  return worker_->promise(
      info,
      [slot = slot_, id, uploads = copy_uploads(requests, pool_.get()),
       downloads = std::move(downloads), timed, about = std::move(about)]() mutable -> Result {
        // They are gone before JavaScript hears of the result, and their memory is free for its
        // next call.
        const std::vector<cuda::Upload> sent = std::move(uploads);
        cuda::RunResult result = device_of(slot).run(id, sent, downloads, timed, about);
        return [result = std::move(result)](Napi::Env env) -> Napi::Value {
          return from_run(env, result);
        };
      });
}

Napi::Value DeviceObject::repeat(const Napi::CallbackInfo& info) {
  return worker_->promise(
      info,
      [slot = slot_, id = to_number(info[0]), count = to_integer(info[1], most_repeats),
       about = to_text(info[2])]() -> Result {
        const std::vector<float> times = device_of(slot).repeat(id, count, about);
        return [times](Napi::Env env) -> Napi::Value { return from_times(env, times); };
      });
}

Napi::Value DeviceObject::close(const Napi::CallbackInfo& info) {
  pool_ = nullptr;
  return worker_->promise(info, [this, slot = slot_]() -> Result {
    slot->reset();
    return [this](Napi::Env env) -> Napi::Value {
      // What was asked for after this finds no device, and says so.
      worker_->stop(false);
      return env.Undefined();
    };
  });
}

}  // namespace sigil
