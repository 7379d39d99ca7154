// Stacks of threads and the switch between them. The switch saves what the calling convention says
// a callee keeps, and makes no system call.
#pragma once
#include <cstddef>

/// Saves the running stack in *save and goes on with `load`, which an earlier switch saved or
/// prepare_fiber made.
extern "C" void sigil_switch_fiber(void** save, void* load) __attribute__((visibility("hidden")));

namespace sigil::emulator {

/// A stack that begins with `entry`, which never returns. `bottom` is its lowest address.
void* prepare_fiber(char* bottom, char* top, void (*entry)());

}  // namespace sigil::emulator
