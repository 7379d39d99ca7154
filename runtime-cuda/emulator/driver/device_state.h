// What there is one of in the process: contexts, and every object by its handle.
#pragma once
#include <atomic>
#include <string>
#include <vector>
#include "graph_object.h"
#include "handles.h"
#include "image.h"
#include "stream.h"

namespace sigil::emulated {

struct State {
  Handles<cuda::Stream, StreamObject> streams;
  Handles<cuda::Event, EventObject> events;
  Handles<cuda::Library, ImageObject> images;
  Handles<cuda::Kernel, KernelObject> kernels;
  Handles<cuda::Graph, GraphObject> graphs;
  Handles<cuda::GraphExec, GraphObject> execs;
  std::atomic<int> contexts{0};
  std::atomic<bool> initialized{false};

  /// The first launch that failed, until every context is gone: as on a card, everything fails from
  /// then on.
  cuda::Status fault();
  std::string fault_text();
  void set_fault(cuda::Status status, const std::string& text);

 private:
  std::mutex mutex_;
  cuda::Status fault_ = cuda::success;
  std::string fault_text_;
};

/// Never destroyed: threads of streams may outlive main.
State& state();

/// Whether the calling thread has a context that is retained.
bool has_context();
void set_context(cuda::Context context);
/// Says what was left behind, once the last context is released.
void report_leaks();

}  // namespace sigil::emulated
