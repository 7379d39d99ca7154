#include "convert.h"
#include <cmath>
#include <cstring>

namespace sigil {
namespace {

/// Entries of any list that the runtime makes; a sparse array may say that it has four billion.
constexpr uint32_t most_entries = 1 << 16;
/// Integers up to here are exact in JavaScript.
constexpr uint64_t most_exact = (uint64_t{1} << 53) - 1;
constexpr uint64_t most_int = (uint64_t{1} << 31) - 1;

[[noreturn]] void refuse(const Napi::Value& value, const char* expected) {
  throw Napi::TypeError::New(value.Env(), std::string("expected ") + expected);
}

Napi::Array to_array(const Napi::Value& value) {
  if (!value.IsArray()) refuse(value, "an array");
  const auto array = value.As<Napi::Array>();
  if (array.Length() > most_entries) refuse(value, "an array of at most 65536 entries");
  return array;
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
    numbers.push_back(
        static_cast<T>(to_integer(array.Get(i), sizeof(T) == 8 ? most_exact : most_int)));
  return numbers;
}

cuda::MapSpec to_map(const Napi::Object& map, size_t parameter_bytes) {
  cuda::MapSpec spec{to_size(map.Get("at")),
                     to_pointer(map.Get("address")),
                     to_number(map.Get("type")),
                     to_number(map.Get("swizzle")),
                     to_numbers<uint64_t>(map.Get("sizes")),
                     to_numbers<uint64_t>(map.Get("strides")),
                     to_numbers<uint32_t>(map.Get("box"))};
  if (spec.at > parameter_bytes || parameter_bytes - spec.at < sizeof(cuda::TensorMap))
    refuse(map, "a tensor map within the parameters");
  if (spec.sizes.empty() || spec.sizes.size() > 5) refuse(map, "a tensor map of rank 1 to 5");
  if (spec.box.size() != spec.sizes.size() || spec.strides.size() + 1 != spec.sizes.size())
    refuse(map, "a box and strides of the tensor map's rank");
  return spec;
}

cuda::Launch to_launch(const Napi::Object& object) {
  cuda::Launch launch{};
  launch.kernel = to_number(object.Get("kernel"));
  const auto grid = to_numbers<unsigned>(object.Get("grid"));
  if (grid.size() > 3) refuse(object, "a grid of at most three sizes");
  for (size_t i = 0; i < 3; i++) launch.grid[i] = i < grid.size() ? grid[i] : 1;
  launch.threads = static_cast<unsigned>(to_number(object.Get("threads")));
  launch.cluster = static_cast<unsigned>(to_number(object.Get("cluster")));
  launch.shared_bytes = static_cast<unsigned>(to_number(object.Get("sharedBytes")));
  launch.programmatic = object.Get("programmatic").ToBoolean();
  launch.about = to_text(object.Get("about"));
  launch.parameters = to_bytes<unsigned char>(object.Get("parameters"));
  launch.offsets = to_numbers<size_t>(object.Get("offsets"));
  for (const size_t offset : launch.offsets)
    if (offset >= launch.parameters.size()) refuse(object, "parameters that begin among theirs");
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

namespace {

struct View {
  const void* data;
  size_t bytes;
};

/// What a typed array views.
View view_of(const Napi::Value& value) {
  if (!value.IsTypedArray()) refuse(value, "a typed array");
  napi_typedarray_type type;
  size_t count = 0;
  void* data = nullptr;
  // Not through Napi::ArrayBuffer, which refuses memory that threads share.
  const napi_status status =
      napi_get_typedarray_info(value.Env(), value, &type, &count, &data, nullptr, nullptr);
  if (status != napi_ok) throw Napi::Error::New(value.Env());
  return {data, count * value.As<Napi::TypedArray>().ElementSize()};
}

}  // namespace

template <typename Byte>
std::vector<Byte> to_bytes(const Napi::Value& value) {
  const auto [data, bytes] = view_of(value);
  std::vector<Byte> copy(bytes);
  if (bytes > 0) std::memcpy(copy.data(), data, bytes);
  return copy;
}
template std::vector<char> to_bytes(const Napi::Value& value);
template std::vector<unsigned char> to_bytes(const Napi::Value& value);

std::vector<UploadRequest> to_upload_requests(const Napi::Value& list) {
  const Napi::Array array = to_array(list);
  std::vector<UploadRequest> requests;
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Object object = to_object(array.Get(i));
    const cuda::Pointer device = to_pointer(object.Get("device"));
    const Napi::Value data = object.Get("data");
    if (!data.IsTypedArray()) refuse(data, "a typed array");
    requests.push_back({device, data, to_text(object.Get("about"))});
  }
  return requests;
}

std::vector<cuda::Upload> copy_uploads(const std::vector<UploadRequest>& requests,
                                       cuda::PinnedPool* pool) {
  std::vector<cuda::Upload> uploads;
  cuda::UploadCopier copier(pool);
  for (const UploadRequest& request : requests) {
    const auto [data, bytes] = view_of(request.data);
    uploads.push_back({request.device, copier.copy(data, bytes), request.about});
  }
  return uploads;
}

std::vector<cuda::Download> to_downloads(const Napi::Value& list) {
  const Napi::Array array = to_array(list);
  std::vector<cuda::Download> downloads;
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Object object = to_object(array.Get(i));
    downloads.push_back({to_pointer(object.Get("device")), to_size(object.Get("bytes")),
                         to_text(object.Get("about"))});
  }
  return downloads;
}

std::vector<std::string> to_texts(const Napi::Value& list) {
  const Napi::Array array = to_array(list);
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < array.Length(); i++) texts.push_back(to_text(array.Get(i)));
  return texts;
}

cuda::Pointer to_pointer(const Napi::Value& value) {
  if (!value.IsBigInt()) refuse(value, "an address as a bigint");
  bool lossless = true;
  const uint64_t pointer = value.As<Napi::BigInt>().Uint64Value(&lossless);
  if (!lossless) refuse(value, "an address of 64 bits");
  return pointer;
}

std::string to_text(const Napi::Value& value) {
  if (!value.IsString()) refuse(value, "a string");
  return value.As<Napi::String>();
}

uint64_t to_integer(const Napi::Value& value, uint64_t most) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= static_cast<double>(most) && number == std::floor(number)))
    refuse(value, ("an integer from 0 to " + std::to_string(most)).c_str());
  return static_cast<uint64_t>(number);
}

int to_number(const Napi::Value& value) { return static_cast<int>(to_integer(value, most_int)); }

size_t to_size(const Napi::Value& value) {
  return static_cast<size_t>(to_integer(value, most_exact));
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

Napi::Object from_run(Napi::Env env, const cuda::RunResult& result) {
  Napi::Array outputs = Napi::Array::New(env, result.downloads.size());
  for (uint32_t i = 0; i < result.downloads.size(); i++) {
    const auto& [memory, bytes] = result.downloads[i];
    Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, bytes);
    if (bytes > 0) std::memcpy(buffer.Data(), memory.get(), bytes);
    outputs.Set(i, buffer);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("times", from_times(env, result.times));
  object.Set("outputs", outputs);
  return object;
}

}  // namespace sigil
