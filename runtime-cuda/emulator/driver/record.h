// What the driver was asked to do, for tests to read.
#pragma once
#include <string>

namespace sigil::emulated {

/// Appends to SIGIL_EMULATED_LOG: `{"call": name, "status": status, ...more}`; `more` are rendered
/// members.
void record_call(const char* name, int status, const std::string& more);
/// Misuse: to both files.
void record_problem(const std::string& text);
/// A member of a record, rendered.
std::string member(const char* name, const std::string& text);
std::string member(const char* name, unsigned long long number);
/// Members that the call under way adds to its record.
void add_member(const std::string& rendered);
std::string take_members();

}  // namespace sigil::emulated
