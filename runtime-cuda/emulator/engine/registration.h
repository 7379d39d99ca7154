// From a kernel's C++ type to the layout of its parameter buffer and a call that unpacks it.
#pragma once
#include <utility>

#include "engine/calls.h"

namespace sigil::emulator {

template <class... Parameters>
struct Layout {
  static constexpr uint32_t count = sizeof...(Parameters);
  Kernel::Parameter parameters[count + 1] = {};
  uint32_t bytes = 0;
  constexpr Layout() {
    const uint32_t sizes[] = {static_cast<uint32_t>(sizeof(Parameters))..., 0};
    const uint32_t alignments[] = {static_cast<uint32_t>(alignof(Parameters))..., 0};
    for (uint32_t i = 0; i < count; i++) {
      bytes = (bytes + alignments[i] - 1) / alignments[i] * alignments[i];
      parameters[i] = {bytes, sizes[i], alignments[i]};
      bytes += sizes[i];
    }
  }
};
template <class... Parameters>
inline constexpr Layout<Parameters...> layout_of{};

template <class T>
struct Plain {
  using Type = T;
};
template <class T>
struct Plain<const T> {
  using Type = T;
};

/// Registers a kernel before main; `body` is the function itself, so that the call can be inlined.
template <auto body, class F = decltype(body)>
class Registration;
template <auto body, class... Parameters>
class Registration<body, void (*)(Parameters...)> {
 public:
  Registration(const char* name, uint32_t maximum_threads, uint32_t minimum_blocks) {
    static constexpr auto& layout = layout_of<typename Plain<Parameters>::Type...>;
    kernel_ = {name,
               maximum_threads,
               minimum_blocks,
               layout.count,
               layout.bytes,
               layout.parameters,
               &call<0, typename Plain<Parameters>::Type...>,
               nullptr};
    register_kernel(kernel_);
  }

 private:
  template <int, class... Values>
  static void call(const char* buffer) {
    unpack<Values...>(buffer, std::make_integer_sequence<int, sizeof...(Values)>{});
  }
  template <class... Values, int... index>
  static void unpack(const char* buffer, std::integer_sequence<int, index...>) {
    body(*reinterpret_cast<const Values*>(buffer +
                                          layout_of<Values...>.parameters[index].offset)...);
  }
  Kernel kernel_;
};

}  // namespace sigil::emulator
