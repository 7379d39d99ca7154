// Memory, streams and events.
#include <cstring>
#include "calls.h"
#include "device_state.h"
#include "memory.h"
#include "record.h"

namespace sigil::emulated::calls {
namespace {

/// A copy on a stream: between pinned memory and live device memory, when its turn comes.
Status copy(Stream stream, Pointer device, void* host, size_t bytes, bool to_device) {
  const auto found = state().streams.find(stream);
  if (!found) return invalid_handle;
  add_member(member("bytes", bytes));
  if (!is_pinned(host, bytes))
    record_problem("a copy that is not from or to pinned memory, which would not be asynchronous");
  if (!is_live(device, bytes)) {
    record_problem("a copy that is not within one allocation");
    return invalid_value;
  }
  found->push([=] {
    if (state().fault() != success) return;
    if (!is_live(device, bytes) || !is_pinned(host, bytes)) {
      record_problem("memory was freed before it was copied");
      return;
    }
    if (to_device)
      std::memcpy(reinterpret_cast<void*>(device), host, bytes);
    else
      std::memcpy(host, reinterpret_cast<void*>(device), bytes);
  });
  return success;
}

}  // namespace

Status cuMemAlloc(Pointer* pointer, size_t bytes) { return allocate(pointer, bytes); }
Status cuMemFree(Pointer pointer) { return release(pointer); }
Status cuMemHostAlloc(void** pointer, size_t bytes, unsigned) {
  return allocate_pinned(pointer, bytes);
}
Status cuMemFreeHost(void* pointer) { return release_pinned(pointer); }
Status cuMemcpyHtoDAsync(Pointer target, const void* source, size_t bytes, Stream stream) {
  return copy(stream, target, const_cast<void*>(source), bytes, true);
}
Status cuMemcpyDtoHAsync(void* target, Pointer source, size_t bytes, Stream stream) {
  return copy(stream, source, target, bytes, false);
}

Status cuStreamCreate(Stream* stream, unsigned) {
  *stream = state().streams.add(std::make_shared<StreamObject>());
  return success;
}

Status cuStreamDestroy(Stream stream) {
  const auto found = state().streams.remove(stream);
  if (!found) return invalid_handle;
  found->synchronize();
  return success;
}

Status cuStreamSynchronize(Stream stream) {
  const auto found = state().streams.find(stream);
  if (!found) return invalid_handle;
  found->synchronize();
  return state().fault();
}

Status cuEventCreate(Event* event, unsigned) {
  *event = state().events.add(std::make_shared<EventObject>());
  return success;
}

Status cuEventDestroy(Event event) {
  return state().events.remove(event) ? success : invalid_handle;
}

Status cuEventRecord(Event event, Stream stream) {
  const auto recorded = state().events.find(event);
  const auto found = state().streams.find(stream);
  if (!recorded || !found) return invalid_handle;
  recorded->arm();
  found->push([recorded] { recorded->reach(); });
  return success;
}

Status cuEventSynchronize(Event event) {
  const auto found = state().events.find(event);
  if (!found) return invalid_handle;
  found->synchronize();
  return state().fault();
}

Status cuEventElapsedTime(float* milliseconds, Event from, Event to) {
  const auto begin = state().events.find(from);
  const auto end = state().events.find(to);
  if (!begin || !end) return invalid_handle;
  if (!begin->is_reached() || !end->is_reached()) return not_ready;
  *milliseconds = std::chrono::duration<float, std::milli>(end->time() - begin->time()).count();
  return success;
}

}  // namespace sigil::emulated::calls
