#include "record.h"
#include <cstdio>
#include <mutex>
#include "settings.h"

namespace sigil::emulated {
namespace {

std::mutex mutex;
thread_local std::string members;

void append(const char* setting_name, const std::string& line) {
  const std::string path = setting(setting_name, "");
  if (path.empty()) return;
  std::lock_guard<std::mutex> lock(mutex);
  // Opened each time: a test may remove the file, or name another.
  if (FILE* file = std::fopen(path.c_str(), "a")) {
    std::fprintf(file, "%s\n", line.c_str());
    std::fclose(file);
  }
}

std::string quote(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + "\"";
}

}  // namespace

void record_call(const char* name, int status, const std::string& more) {
  append("LOG", "{\"call\":" + quote(name) + ",\"status\":" + std::to_string(status) + more + "}");
}

void record_problem(const std::string& text) {
  const std::string line = "{\"problem\":" + quote(text) + "}";
  append("LOG", line);
  append("PROBLEMS", line);
}

std::string member(const char* name, const std::string& text) {
  return "," + quote(name) + ":" + quote(text);
}
std::string member(const char* name, unsigned long long number) {
  return "," + quote(name) + ":" + std::to_string(number);
}
void add_member(const std::string& rendered) { members += rendered; }

std::string take_members() {
  std::string taken;
  taken.swap(members);
  return taken;
}

}  // namespace sigil::emulated
