#include "engine/fault.h"

#include <signal.h>
#include <stdlib.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "engine/machine.h"
#include "engine/shared_mapping.h"

namespace sigil::emulator {

namespace {

struct sigaction previous_segv, previous_bus;

void record(SigilFault code, const char* text) {
  Thread& thread = Machine::thread();
  FaultRecord& record = thread.machine->fault_record;
  record.code = code;
  snprintf(record.text, sizeof record.text, "kernel %s, block (%d, %d, %d), thread %d: %s", thread.machine->kernel->name, thread.block[0], thread.block[1], thread.block[2], thread.thread, text);
}

void pass_on(int number, siginfo_t* info, void* context) {
  const struct sigaction& previous = number == SIGBUS ? previous_bus : previous_segv;
  if (previous.sa_flags & SA_SIGINFO) return previous.sa_sigaction(number, info, context);
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) return previous.sa_handler(number);
  // Back to the default, which ends the process when the instruction is tried again.
  signal(number, SIG_DFL);
}

void handle(int number, siginfo_t* info, void* context) {
  if (!here || !Machine::thread().machine->running) return pass_on(number, info, context);
  Thread& thread = Machine::thread();
  const char* address = static_cast<const char*>(info->si_addr);
  char text[256];
  SigilFault code = SIGIL_OUT_OF_BOUNDS;
  if (info->si_code == SI_KERNEL && address == nullptr) {
    code = SIGIL_MISALIGNED;
    snprintf(text, sizeof text, "misaligned access, or one to an address that no memory can have");
  } else if (address >= thread.stack_bottom - 4096 && address < thread.stack_bottom) snprintf(text, sizeof text, "stack overflow: more than 252 KiB of local variables");
  else if (thread.machine->mapping_of(address)) snprintf(text, sizeof text, "access outside its %llu bytes of shared memory, at offset %lld", static_cast<unsigned long long>(thread.shared_bytes), static_cast<long long>(address - thread.shared));
  else snprintf(text, sizeof text, "access to %p, where no memory is", static_cast<const void*>(address));
  record(code, text);
  // Never returns: the scheduler goes on with its own stack. SA_NODEFER has left the signal unblocked.
  thread.machine->abandon();
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
    sigaction(SIGSEGV, &action, &previous_segv);
    sigaction(SIGBUS, &action, &previous_bus);
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

}  // namespace sigil::emulator
