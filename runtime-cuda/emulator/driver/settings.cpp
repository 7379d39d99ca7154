#include "settings.h"
#include <cstdlib>
#include <sstream>

namespace sigil::emulated {
namespace {

std::vector<std::string> entries(const char* name) {
  std::vector<std::string> found;
  std::istringstream list(setting(name, ""));
  for (std::string entry; std::getline(list, entry, ',');) found.push_back(entry);
  return found;
}

}  // namespace

std::string setting(const char* name, const char* otherwise) {
  const char* value = std::getenv((std::string("SIGIL_EMULATED_") + name).c_str());
  return value ? value : otherwise;
}

int64_t number_setting(const char* name, int64_t otherwise) {
  const std::string value = setting(name, "");
  return value.empty() ? otherwise : std::atoll(value.c_str());
}

bool listed(const char* name, const std::string& entry) {
  for (const std::string& other : entries(name))
    if (other == entry) return true;
  return false;
}

int injected(const std::string& what) {
  for (const std::string& entry : entries("FAIL"))
    if (entry.rfind(what + "=", 0) == 0) return std::atoi(entry.c_str() + what.size() + 1);
  return 0;
}

}  // namespace sigil::emulated
