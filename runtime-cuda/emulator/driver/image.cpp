#include "image.h"
#include <dlfcn.h>
#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cstring>
#include <functional>
#include <mutex>
#include <sstream>
#include "settings.h"

namespace sigil::emulated {
namespace {

using namespace sigil::cuda;

constexpr char null_magic[] = "sigil-null-image 1\n";

/// An ELF file ends with its section headers, or where the last segment does.
size_t elf_bytes(const char* code) {
  Elf64_Ehdr header;
  std::memcpy(&header, code, sizeof header);
  size_t end = header.e_shoff + size_t{header.e_shentsize} * header.e_shnum;
  for (int i = 0; i < header.e_phnum; i++) {
    Elf64_Phdr segment;
    std::memcpy(&segment, code + header.e_phoff + i * sizeof segment, sizeof segment);
    end = std::max<size_t>(end, segment.p_offset + segment.p_filesz);
  }
  return end;
}

std::string capability() {
  std::string digits = setting("CAPABILITY", "9.0");
  digits.erase(digits.find('.'), 1);
  return digits;
}

Status open_null(const char* code, ImageObject& image, std::string* log) {
  std::istringstream text(code + sizeof null_magic - 1);
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    std::string word, value;
    words >> word >> value;
    if (word == "capability" && value != capability()) {
      *log = "the image is for capability " + value + ", the device has " + capability();
      return no_binary_for_gpu;
    }
    if (word == "ptx" && std::stod(value) > 8.4) {
      *log = "ptx version " + value + " is newer than 8.4";
      return unsupported_ptx_version;
    }
    if (word != "kernel") continue;
    auto kernel = std::make_shared<KernelObject>();
    kernel->name = value;
    for (size_t bytes; words >> bytes;) {
      // A tensor map has 128 bytes, aligned to 64 where a card keeps parameters: on sm_90a they
      // begin 16 bytes past a multiple of that.
      const size_t begin = bytes == 64 ? 16 : 0, size = bytes == 64 ? 128 : bytes;
      const size_t offset = (kernel->parameter_bytes + begin + bytes - 1) / bytes * bytes - begin;
      kernel->parameters.push_back({offset, size});
      kernel->parameter_bytes = offset + size;
    }
    image.kernels[value] = kernel;
  }
  return success;
}

/// The library of an image's bytes. It stays open: the engine's fibers and handlers cannot be
/// unmapped, and an image loaded again is the same one.
void* library_of(const char* code, std::string* log) {
  static std::mutex mutex;
  static std::map<std::string, void*> opened;
  std::lock_guard<std::mutex> lock(mutex);
  const std::string bytes(code, elf_bytes(code));
  const std::string key =
      std::to_string(std::hash<std::string>{}(bytes)) + ":" + std::to_string(bytes.size());
  if (opened.count(key)) return opened[key];
  const int file = memfd_create("sigil-emulated-kernels", MFD_CLOEXEC);
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t count = write(file, bytes.data() + at, bytes.size() - at);
    if (count <= 0) break;
    at += static_cast<size_t>(count);
  }
  void* library = dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library) {
    // The file stays open too: a library is known by its path, which another image must not get.
    opened[key] = library;
    return library;
  }
  *log = dlerror();
  close(file);
  return nullptr;
}

Status open_shared_object(const char* code, ImageObject& image, std::string* log) {
  void* library = library_of(code, log);
  if (!library) return invalid_image;
  const auto symbol = [&](const char* name) { return dlsym(library, name); };
  const auto launch_row =
      reinterpret_cast<decltype(&sigil_emulated_launch_row)>(symbol("sigil_emulated_launch_row"));
  const auto count = reinterpret_cast<decltype(&sigil_emulated_kernel_count)>(
      symbol("sigil_emulated_kernel_count"));
  const auto name =
      reinterpret_cast<decltype(&sigil_emulated_kernel_name)>(symbol("sigil_emulated_kernel_name"));
  const auto parameters = reinterpret_cast<decltype(&sigil_emulated_kernel_parameters)>(
      symbol("sigil_emulated_kernel_parameters"));
  const auto parameter = reinterpret_cast<decltype(&sigil_emulated_kernel_parameter)>(
      symbol("sigil_emulated_kernel_parameter"));
  image.encode =
      reinterpret_cast<decltype(&sigil_emulated_tensor_map)>(symbol("sigil_emulated_tensor_map"));
  image.release =
      reinterpret_cast<decltype(&sigil_emulated_release)>(symbol("sigil_emulated_release"));
  if (!launch_row || !count || !name || !parameters || !parameter) {
    *log = "a shared object without emulated kernels";
    return invalid_image;
  }
  for (int i = 0; i < count(); i++) {
    auto kernel = std::make_shared<KernelObject>();
    kernel->name = name(i);
    kernel->launch_row = launch_row;
    uint32_t total = 0, threads = 0;
    const int number = parameters(kernel->name.c_str(), &total, &threads);
    kernel->parameter_bytes = total;
    for (int p = 0; p < number; p++) {
      SigilParameter layout{};
      parameter(kernel->name.c_str(), p, &layout);
      kernel->parameters.push_back({layout.offset, layout.bytes});
    }
    image.kernels[kernel->name] = kernel;
  }
  return success;
}

}  // namespace

Status open_image(const void* code, std::shared_ptr<ImageObject>* image, std::string* log) {
  const auto* text = static_cast<const char*>(code);
  auto opened = std::make_shared<ImageObject>();
  Status status = invalid_image;
  if (std::memcmp(text, null_magic, sizeof null_magic - 1) == 0)
    status = open_null(text, *opened, log);
  else if (std::memcmp(text, ELFMAG, SELFMAG) == 0)
    status = open_shared_object(text, *opened, log);
  else
    *log = "neither a shared object of emulated kernels nor a null image";
  if (status == success) *image = opened;
  return status;
}

}  // namespace sigil::emulated
