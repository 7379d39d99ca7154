#include "engine/fiber.h"

#include <cstdint>

#if !defined(SIGIL_UCONTEXT) && defined(__x86_64__)

asm(R"(
.text
.globl sigil_switch_fiber
.hidden sigil_switch_fiber
.type sigil_switch_fiber, @function
.p2align 4
sigil_switch_fiber:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  retq
.size sigil_switch_fiber, .-sigil_switch_fiber
)");

void* sigil::emulator::prepare_fiber(char*, char* top, void (*entry)()) {
  // A function is entered with its return address pushed, so 8 past a multiple of 16.
  auto* frame = reinterpret_cast<uint64_t*>(reinterpret_cast<uintptr_t>(top) & ~uintptr_t{15}) - 8;
  for (int i = 0; i < 6; i++) frame[i] = 0;
  frame[6] = reinterpret_cast<uint64_t>(entry);
  frame[7] = 0;
  return frame;
}

#elif !defined(SIGIL_UCONTEXT) && defined(__aarch64__)

asm(R"(
.text
.globl sigil_switch_fiber
.hidden sigil_switch_fiber
.type sigil_switch_fiber, %function
.p2align 4
sigil_switch_fiber:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
.size sigil_switch_fiber, .-sigil_switch_fiber
)");

void* sigil::emulator::prepare_fiber(char*, char* top, void (*entry)()) {
  auto* frame = reinterpret_cast<uint64_t*>(reinterpret_cast<uintptr_t>(top) & ~uintptr_t{15}) - 20;
  for (int i = 0; i < 20; i++) frame[i] = 0;
  frame[11] = reinterpret_cast<uint64_t>(entry);
  return frame;
}

#else
#include <ucontext.h>

// Portable and slow: swapcontext asks the kernel for the signal mask. A context lies on the stack
// that it describes.
void sigil_switch_fiber(void** save, void* load) {
  ucontext_t self;
  *save = &self;
  swapcontext(&self, static_cast<ucontext_t*>(load));
}

void* sigil::emulator::prepare_fiber(char* bottom, char* top, void (*entry)()) {
  auto* context = reinterpret_cast<ucontext_t*>(
      (reinterpret_cast<uintptr_t>(top) - sizeof(ucontext_t)) & ~uintptr_t{63});
  getcontext(context);
  context->uc_stack.ss_sp = bottom;
  context->uc_stack.ss_size = static_cast<size_t>(reinterpret_cast<char*>(context) - bottom);
  context->uc_link = nullptr;
  makecontext(context, entry, 0);
  return context;
}

#endif
