// Devices, contexts and errors.
#include <cstring>
#include "calls.h"
#include "device_state.h"
#include "memory.h"
#include "settings.h"

namespace sigil::emulated::calls {
namespace {

int devices() { return static_cast<int>(number_setting("DEVICES", 1)); }

struct ErrorText {
  Status status;
  const char* name;
  const char* text;
};

constexpr ErrorText errors[] = {
    {success, "CUDA_SUCCESS", "no error"},
    {invalid_value, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {out_of_memory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {not_initialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {no_device, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {invalid_device, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {invalid_image, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {invalid_context, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {no_binary_for_gpu, "CUDA_ERROR_NO_BINARY_FOR_GPU",
     "no kernel image is available for execution on the device"},
    {invalid_ptx, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {unsupported_ptx_version, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
     "the provided PTX was compiled with an unsupported toolchain."},
    {invalid_handle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {not_found, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {launch_out_of_resources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
     "too many resources requested for launch"},
    {launch_failed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
};

}  // namespace

Status cuInit(unsigned) {
  if (devices() == 0) return no_device;
  state().initialized = true;
  return success;
}

Status cuDeviceGetCount(int* count) {
  *count = devices();
  return success;
}

Status cuDeviceGet(DeviceOrdinal* device, int ordinal) {
  if (ordinal < 0 || ordinal >= devices()) return invalid_device;
  *device = ordinal;
  return success;
}

Status cuDeviceGetName(char* name, int bytes, DeviceOrdinal) {
  std::strncpy(name, "Sigil emulated device", static_cast<size_t>(bytes));
  return success;
}

Status cuDeviceGetAttribute(int* value, int attribute, DeviceOrdinal) {
  const std::string capability = setting("CAPABILITY", "9.0");
  switch (attribute) {
    case multiprocessors:
      *value = 4;
      return success;
    case capability_major:
      *value = std::atoi(capability.c_str());
      return success;
    case capability_minor:
      *value = std::atoi(capability.c_str() + capability.find('.') + 1);
      return success;
    case shared_bytes_per_block:
      *value = std::atoi(capability.c_str()) == 8 ? (capability == "8.0" ? 163 << 10 : 99 << 10)
                                                  : 227 << 10;
      return success;
    default:
      return invalid_value;
  }
}

Status cuDeviceTotalMem(size_t* bytes, DeviceOrdinal) {
  *bytes = static_cast<size_t>(number_setting("MEMORY", int64_t{16} << 30));
  return success;
}

Status cuMemGetInfo(size_t* free, size_t* total) {
  cuDeviceTotalMem(total, 0);
  *free = *total - allocated_bytes();
  return success;
}

Status cuDevicePrimaryCtxRetain(Context* context, DeviceOrdinal device) {
  state().contexts++;
  *context = reinterpret_cast<Context>(static_cast<uintptr_t>(device) + 1);
  return success;
}

Status cuDevicePrimaryCtxRelease(DeviceOrdinal) {
  if (state().contexts == 0) return invalid_context;
  if (--state().contexts > 0) return success;
  report_leaks();
  state().set_fault(success, "");
  return success;
}

Status cuCtxSetCurrent(Context context) {
  set_context(context);
  return success;
}

Status cuGetErrorName(Status status, const char** name) {
  for (const ErrorText& error : errors)
    if (error.status == status) return *name = error.name, success;
  return invalid_value;
}

Status cuGetErrorString(Status status, const char** text) {
  for (const ErrorText& error : errors)
    if (error.status == status) return *text = error.text, success;
  return invalid_value;
}

}  // namespace sigil::emulated::calls
