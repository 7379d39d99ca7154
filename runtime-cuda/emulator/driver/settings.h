// What the emulated driver pretends to be. Environment variables, read when they are asked for:
//   SIGIL_EMULATED_VERSION      as cuDriverGetVersion says it; 12080
//   SIGIL_EMULATED_MISSING      calls that this driver does not have, separated by commas
//   SIGIL_EMULATED_DEVICES      how many; 1
//   SIGIL_EMULATED_CAPABILITY   of each device; 9.0
//   SIGIL_EMULATED_MEMORY       bytes of each device; 16 GiB
//   SIGIL_EMULATED_FAIL         CALL:N=STATUS, separated by commas: the N-th such call since cuInit
//   fails; launch:KERNEL=STATUS: a launch fails while it runs SIGIL_EMULATED_SLOW milliseconds that
//   each launch takes at least SIGIL_EMULATED_SEED         of the order of threads; 1
//   SIGIL_EMULATED_WATCHDOG     steps after which a launch hangs; 0 for the engine's own
//   SIGIL_EMULATED_LOG          a file that every call is appended to, one JSON object a line
//   SIGIL_EMULATED_PROBLEMS     a file for misuse alone: leaks, freed memory, parameters of the
//   wrong size
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace sigil::emulated {

/// A setting, or what it is by default.
std::string setting(const char* name, const char* otherwise);
int64_t number_setting(const char* name, int64_t otherwise);
/// Whether a list setting has this entry.
bool listed(const char* name, const std::string& entry);
/// The status that SIGIL_EMULATED_FAIL wants for `what` (a call and its number, or launch and a
/// kernel); 0 if none.
int injected(const std::string& what);

}  // namespace sigil::emulated
