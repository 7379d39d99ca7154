#include "device_state.h"
#include "memory.h"
#include "record.h"

namespace sigil::emulated {
namespace {

thread_local cuda::Context current = nullptr;

}  // namespace

State& state() {
  static State* const only = new State;
  return *only;
}

cuda::Status State::fault() {
  std::lock_guard<std::mutex> lock(mutex_);
  return fault_;
}

std::string State::fault_text() {
  std::lock_guard<std::mutex> lock(mutex_);
  return fault_text_;
}

void State::set_fault(cuda::Status status, const std::string& text) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (status != cuda::success && fault_ != cuda::success) return;
  fault_ = status;
  fault_text_ = text;
}

bool has_context() { return current != nullptr && state().contexts > 0; }
void set_context(cuda::Context context) { current = context; }

void report_leaks() {
  const auto report = [](size_t count, const char* what) {
    if (count > 0) record_problem("left behind: " + std::to_string(count) + " " + what);
  };
  report(allocation_count(), "allocations");
  report(pinned_count(), "pinned allocations");
  report(state().streams.size(), "streams");
  report(state().events.size(), "events");
  report(state().images.size(), "libraries");
  report(state().graphs.size(), "graphs");
  report(state().execs.size(), "graph execs");
}

}  // namespace sigil::emulated
