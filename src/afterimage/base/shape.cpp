#include "afterimage/base/shape.h"

#include "afterimage/base/text.h"

namespace afterimage {

std::string shape_text(const std::vector<int64_t>& shape, const std::vector<std::string>& axes) {
  std::vector<std::string> sizes;
  for (size_t i = 0; i < shape.size(); ++i) {
    const bool named = i < axes.size() && !axes[i].empty();
    sizes.push_back(shape[i] >= 0 ? std::to_string(shape[i]) : named ? axes[i] : "any");
  }
  return "(" + join(sizes) + ")";
}

bool shape_fits(const std::vector<int64_t>& found, const std::vector<int64_t>& expected) {
  if (found.size() != expected.size()) return false;
  for (size_t i = 0; i < found.size(); ++i) {
    if (expected[i] >= 0 && found[i] != expected[i]) return false;
  }
  return true;
}

}  // namespace afterimage
