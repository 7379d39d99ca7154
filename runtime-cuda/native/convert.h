// From JavaScript's objects to what the driver takes. Throws Napi::TypeError for what is of another
// type.
#pragma once
#include <napi.h>
#include <vector>
#include "device.h"
#include "launch.h"

namespace sigil {

std::vector<cuda::Launch> to_launches(const Napi::Value& list);
/// `[{ device, data, about }]`; `data` is a view, which the caller keeps alive and adds to `held`.
std::vector<cuda::Transfer> to_transfers(const Napi::Value& list, std::vector<Napi::Object>& held);
cuda::Pointer to_pointer(const Napi::Value& value);
std::string to_text(const Napi::Value& value);
uint32_t to_number(const Napi::Value& value);
Napi::Object from_info(Napi::Env env, const cuda::DeviceInfo& info);
Napi::Array from_times(Napi::Env env, const std::vector<float>& times);

}  // namespace sigil
