#include "afterimage/decoders/image_names.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

std::string encoded(const std::string& name) {
  constexpr std::string_view awkward = "%/\\:*?\"<>|";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool leads = out.empty() && c == '.';  // hidden, or "." and ".." themselves
    if (byte >= 32 && byte != 127 && !leads && awkward.find(c) == std::string_view::npos) {
      out += c;
      continue;
    }
    char code[8];
    std::snprintf(code, sizeof code, "%%%02X", byte);
    out += code;
  }
  return out;
}

}  // namespace

std::vector<std::string> image_names(const std::vector<int64_t>& stimulus,
                                     const std::vector<std::string>& names) {
  const auto repeat = count_repeats(stimulus);
  const bool several =
      std::any_of(repeat.begin(), repeat.end(), [](int64_t number) { return number > 0; });
  std::vector<std::string> out;
  for (size_t i = 0; i < names.size(); ++i) {
    out.push_back(encoded(names[i]));
    if (several) out.back() += "-" + std::to_string(repeat[i] + 1);
  }
  return out;
}

}  // namespace afterimage
