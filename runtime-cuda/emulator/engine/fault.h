// How a launch ends early: the first fault is kept, the threads of its cluster never run again.
#pragma once
#include <cstdint>

#include "engine/launch.h"

namespace sigil::emulator {

/// Ends the launch; called by the running thread of a kernel. The text says where: the thread and
/// its block are added.
[[noreturn]] void fault(SigilFault code, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

/// Turns invalid accesses of running kernels into faults, for this process and once; other
/// programs' handlers stay behind it.
void install_signal_handlers();
/// A stack for the handlers of this host thread, as stacks of fibers may be what overflowed.
class SignalStack {
 public:
  SignalStack();
  ~SignalStack();
  SignalStack(const SignalStack&) = delete;

 private:
  void* memory_;
  void* previous_;
};

/// Looks at the running machine of this host thread now and then: one that computes from one look
/// to the next without a switch of threads will not end.
class StuckTimer {
 public:
  explicit StuckTimer(uint32_t seconds);
  ~StuckTimer();
  StuckTimer(const StuckTimer&) = delete;

 private:
  void* timer_;
  bool armed_;
};

}  // namespace sigil::emulator
