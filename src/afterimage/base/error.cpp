#include "afterimage/base/error.h"

namespace afterimage {
namespace {

std::string one_line(std::string_view where, std::string_view what, std::string_view right) {
  std::string line(where);
  line += ": ";
  line += what;
  if (!right.empty()) {
    line += ". ";
    line += right;
  }
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return line;
}

}  // namespace

Error::Error(std::string_view where, std::string_view what, std::string_view right)
    : std::runtime_error(one_line(where, what, right)) {}

}  // namespace afterimage
