#include "convert.h"

namespace sigil {
namespace {

[[noreturn]] void refuse(const Napi::Value& value, const char* expected) {
  throw Napi::TypeError::New(value.Env(), std::string("expected ") + expected);
}

Napi::Array to_array(const Napi::Value& value) {
  if (!value.IsArray()) refuse(value, "an array");
  return value.As<Napi::Array>();
}

Napi::Object to_object(const Napi::Value& value) {
  if (!value.IsObject()) refuse(value, "an object");
  return value.As<Napi::Object>();
}

template <typename T>
std::vector<T> to_numbers(const Napi::Value& value) {
  const Napi::Array array = to_array(value);
  std::vector<T> numbers;
  for (uint32_t i = 0; i < array.Length(); i++)
    numbers.push_back(static_cast<T>(array.Get(i).ToNumber().Int64Value()));
  return numbers;
}

cuda::MapSpec to_map(const Napi::Object& map, size_t parameter_bytes) {
  cuda::MapSpec spec{to_number(map.Get("at")),
                     to_pointer(map.Get("address")),
                     static_cast<int>(to_number(map.Get("type"))),
                     static_cast<int>(to_number(map.Get("swizzle"))),
                     to_numbers<uint64_t>(map.Get("sizes")),
                     to_numbers<uint64_t>(map.Get("strides")),
                     to_numbers<uint32_t>(map.Get("box"))};
  if (spec.at + sizeof(cuda::TensorMap) > parameter_bytes)
    refuse(map, "a tensor map within the parameters");
  if (spec.box.size() != spec.sizes.size() || spec.strides.size() + 1 != spec.sizes.size())
    refuse(map, "a box and strides of the tensor map's rank");
  return spec;
}

cuda::Launch to_launch(const Napi::Object& object) {
  cuda::Launch launch{};
  launch.kernel = static_cast<int>(to_number(object.Get("kernel")));
  const auto grid = to_numbers<unsigned>(object.Get("grid"));
  for (size_t i = 0; i < 3; i++) launch.grid[i] = i < grid.size() ? grid[i] : 1;
  launch.threads = to_number(object.Get("threads"));
  launch.cluster = to_number(object.Get("cluster"));
  launch.shared_bytes = to_number(object.Get("sharedBytes"));
  launch.programmatic = object.Get("programmatic").ToBoolean();
  launch.about = to_text(object.Get("about"));
  const Napi::Value parameters = object.Get("parameters");
  if (!parameters.IsTypedArray()) refuse(parameters, "parameters as a Uint8Array");
  const auto bytes = parameters.As<Napi::TypedArray>();
  const auto* data =
      static_cast<const unsigned char*>(bytes.ArrayBuffer().Data()) + bytes.ByteOffset();
  launch.parameters.assign(data, data + bytes.ByteLength());
  const Napi::Array maps = to_array(object.Get("maps"));
  for (uint32_t i = 0; i < maps.Length(); i++)
    launch.maps.push_back(to_map(to_object(maps.Get(i)), launch.parameters.size()));
  return launch;
}

}  // namespace

std::vector<cuda::Launch> to_launches(const Napi::Value& list) {
  const Napi::Array array = to_array(list);
  std::vector<cuda::Launch> launches;
  for (uint32_t i = 0; i < array.Length(); i++)
    launches.push_back(to_launch(to_object(array.Get(i))));
  return launches;
}

std::vector<cuda::Transfer> to_transfers(const Napi::Value& list, std::vector<Napi::Object>& held) {
  const Napi::Array array = to_array(list);
  std::vector<cuda::Transfer> transfers;
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Object object = to_object(array.Get(i));
    const Napi::Value data = object.Get("data");
    if (!data.IsTypedArray()) refuse(data, "data as a typed array");
    const auto view = data.As<Napi::TypedArray>();
    held.push_back(view);
    transfers.push_back({to_pointer(object.Get("device")),
                         static_cast<char*>(view.ArrayBuffer().Data()) + view.ByteOffset(),
                         view.ByteLength(), to_text(object.Get("about"))});
  }
  return transfers;
}

cuda::Pointer to_pointer(const Napi::Value& value) {
  if (!value.IsBigInt()) refuse(value, "an address as a bigint");
  bool lossless = true;
  return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

std::string to_text(const Napi::Value& value) {
  if (!value.IsString()) refuse(value, "a string");
  return value.As<Napi::String>();
}

uint32_t to_number(const Napi::Value& value) {
  if (!value.IsNumber()) refuse(value, "a number");
  return value.As<Napi::Number>().Uint32Value();
}

Napi::Object from_info(Napi::Env env, const cuda::DeviceInfo& info) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", info.name);
  object.Set("major", info.major);
  object.Set("minor", info.minor);
  object.Set("multiprocessors", info.multiprocessors);
  object.Set("sharedBytesPerBlock", info.shared_bytes_per_block);
  object.Set("memoryBytes", static_cast<double>(info.memory_bytes));
  return object;
}

Napi::Array from_times(Napi::Env env, const std::vector<float>& times) {
  Napi::Array array = Napi::Array::New(env, times.size());
  for (uint32_t i = 0; i < times.size(); i++) array.Set(i, times[i]);
  return array;
}

}  // namespace sigil
