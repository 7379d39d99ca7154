// From JavaScript's objects to what the driver takes. Throws Napi::TypeError for what is of another
// type.
#pragma once
#include <napi.h>
#include <vector>
#include "device.h"
#include "launch.h"

namespace sigil {

std::vector<cuda::Launch> to_launches(const Napi::Value& list);
/// An upload as JavaScript describes it.
struct UploadRequest {
  cuda::Pointer device;
  /// A typed array.
  Napi::Value data;
  std::string about;
};
/// `[{ device, data, about }]`.
std::vector<UploadRequest> to_upload_requests(const Napi::Value& list);
/// Copies the data: JavaScript may transfer, shrink or write a view while the device's thread
/// works. Runs nothing of JavaScript. `pool` may be null.
std::vector<cuda::Upload> copy_uploads(const std::vector<UploadRequest>& requests,
                                       cuda::PinnedPool* pool);
/// `[{ device, bytes, about }]`.
std::vector<cuda::Download> to_downloads(const Napi::Value& list);
/// A copy of a typed array's bytes, whatever kind of buffer it views.
template <typename Byte>
std::vector<Byte> to_bytes(const Napi::Value& value);
std::vector<std::string> to_texts(const Napi::Value& list);
cuda::Pointer to_pointer(const Napi::Value& value);
std::string to_text(const Napi::Value& value);
/// An integer from 0 to `most`.
uint64_t to_integer(const Napi::Value& value, uint64_t most);
/// An integer that an int holds: the number of a kernel or graph, for one.
int to_number(const Napi::Value& value);
/// A count of bytes.
size_t to_size(const Napi::Value& value);
Napi::Object from_info(Napi::Env env, const cuda::DeviceInfo& info);
Napi::Array from_times(Napi::Env env, const std::vector<float>& times);
/// `{ times, outputs }`: an ArrayBuffer of each download.
Napi::Object from_run(Napi::Env env, const cuda::RunResult& result);

}  // namespace sigil
