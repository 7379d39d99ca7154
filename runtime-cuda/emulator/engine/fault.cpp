#include "engine/fault.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <mutex>

#include "engine/machine.h"
#include "engine/shared_mapping.h"

namespace sigil::emulator {

namespace {

constexpr int handled[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
struct sigaction previous[std::size(handled)];
/// A signal that nobody else has a use for: it is sent to a thread by number.
const int stuck_signal = SIGRTMAX - 3;

void record(SigilFault code, const char* text) {
  Thread& thread = Machine::thread();
  FaultRecord& record = thread.machine->fault_record;
  record.code = code;
  snprintf(record.text, sizeof record.text, "kernel %s, block (%d, %d, %d), thread %d: %s",
           thread.machine->kernel->name, thread.block[0], thread.block[1], thread.block[2],
           thread.thread, text);
}

void pass_on(int number, siginfo_t* info, void* context) {
  const struct sigaction& next =
      previous[std::find(std::begin(handled), std::end(handled), number) - std::begin(handled)];
  if (next.sa_flags & SA_SIGINFO) return next.sa_sigaction(number, info, context);
  if (next.sa_handler != SIG_DFL && next.sa_handler != SIG_IGN) return next.sa_handler(number);
  // Back to the default, which ends the process when the instruction is tried again.
  signal(number, SIG_DFL);
}

void handle(int number, siginfo_t* info, void* context) {
  if (!here || !Machine::thread().machine->running) return pass_on(number, info, context);
  Thread& thread = Machine::thread();
  const char* address = static_cast<const char*>(info->si_addr);
  char text[256];
  SigilFault code = SIGIL_OUT_OF_BOUNDS;
  if (number == SIGFPE || number == SIGILL) {
    code = SIGIL_TRAP;
    snprintf(text, sizeof text,
             number == SIGFPE ? "integer division by zero, or of the least number by -1"
                              : "a trap, as the compiler puts where a program cannot go");
  } else if (info->si_code == SI_KERNEL && address == nullptr) {
    code = SIGIL_MISALIGNED;
    snprintf(text, sizeof text, "misaligned access, or one to an address that no memory can have");
  } else if (address >= thread.stack_bottom - 4096 && address < thread.stack_bottom)
    snprintf(text, sizeof text, "stack overflow: more than 252 KiB of local variables");
  else if (thread.machine->mapping_of(address))
    snprintf(text, sizeof text, "access outside its %llu bytes of shared memory, at offset %lld",
             static_cast<unsigned long long>(thread.shared_bytes),
             static_cast<long long>(address - thread.shared));
  else
    snprintf(text, sizeof text, "access to %p, where no memory is",
             static_cast<const void*>(address));
  record(code, text);
  // Never returns: the scheduler goes on with its own stack. SA_NODEFER has left the signal
  // unblocked.
  thread.machine->abandon();
}

void look_whether_stuck(int, siginfo_t*, void*) {
  if (!here || !Machine::thread().machine->running) return;
  Machine& machine = *Machine::thread().machine;
  if (!machine.stuck_since_last_look()) return;
  record(SIGIL_HANG, "it computes and computes, and reaches no barrier, no copy and no end");
  machine.abandon();
}

}  // namespace

void fault(SigilFault code, const char* format, ...) {
  char text[3072];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  record(code, text);
  Machine::thread().machine->abandon();
}

void install_signal_handlers() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action = {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < std::size(handled); i++) sigaction(handled[i], &action, &previous[i]);
    action.sa_sigaction = look_whether_stuck;
    sigaction(stuck_signal, &action, nullptr);
  });
}

SignalStack::SignalStack() : memory_(malloc(64 << 10)), previous_(malloc(sizeof(stack_t))) {
  stack_t stack = {};
  stack.ss_sp = memory_;
  stack.ss_size = 64 << 10;
  sigaltstack(&stack, static_cast<stack_t*>(previous_));
}
SignalStack::~SignalStack() {
  sigaltstack(static_cast<stack_t*>(previous_), nullptr);
  free(previous_);
  free(memory_);
}

StuckTimer::StuckTimer(uint32_t seconds) {
  struct sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = stuck_signal;
  event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
  timer_t timer;
  armed_ = timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) == 0;
  if (!armed_) return;
  timer_ = timer;
  const struct itimerspec period = {{seconds, 0}, {seconds, 0}};
  timer_settime(timer, 0, &period, nullptr);
}
StuckTimer::~StuckTimer() {
  if (armed_) timer_delete(static_cast<timer_t>(timer_));
}

}  // namespace sigil::emulator
