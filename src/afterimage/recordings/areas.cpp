#include "afterimage/recordings/areas.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <numeric>
#include <utility>

namespace afterimage {
namespace {

const std::vector<std::string>& areas() {
  static const std::vector<std::string> names = {
      "V1",  "V2",  "V3",  "V4",  "hV4", "VO",  "VO1", "VO2", "PHC", "PHC1", "PHC2", "LOC",
      "LO",  "LO1", "LO2", "PIT", "TEO", "CIT", "TE",  "AIT", "IT",  "OFA",  "FFA",  "EBA",
      "FBA", "PPA", "OPA", "RSC", "V3A", "V3B", "MT",  "V5",  "MST", "IPS0", "IPS1", "IPS2"};
  return names;
}

/// Place of the area a name begins with, the longest that fits ("V3A" before "V3", "V1v" is V1).
/// Past the end: none.
size_t area_of(const std::string& name) {
  size_t best = areas().size(), length = 0;
  for (size_t i = 0; i < areas().size(); ++i) {
    const std::string& area = areas()[i];
    if (area.size() <= length || !name.starts_with(area)) continue;
    const char next = name.size() > area.size() ? name[area.size()] : ' ';
    const bool part = next == 'd' || next == 'v';  // dorsal, ventral
    if (std::isalnum(static_cast<unsigned char>(next)) && !part) continue;
    best = i;
    length = area.size();
  }
  return best;
}

/// "V1 array 12" is "V1 array " and 12; names without a number at their end have -1.
std::pair<std::string, long> numbered_name(const std::string& name) {
  size_t digits = name.size();
  constexpr size_t most = 9;
  while (digits > 0 && name.size() - digits < most &&
         std::isdigit(static_cast<unsigned char>(name[digits - 1]))) {
    --digits;
  }
  const bool separate = digits > 0 && digits < name.size() &&
                        !std::isalpha(static_cast<unsigned char>(name[digits - 1]));
  if (!separate) return {name, -1};
  return {name.substr(0, digits), std::stol(name.substr(digits))};
}

}  // namespace

std::vector<size_t> shown_order(const std::vector<std::string>& names) {
  struct Place {
    size_t area, stem;
    long number;
    auto operator<=>(const Place&) const = default;
  };
  std::map<std::string, size_t> first;  // of each name without its number
  std::vector<Place> places;
  for (const auto& name : names) {
    const auto [stem, number] = numbered_name(name);
    places.push_back({area_of(name), first.try_emplace(stem, first.size()).first->second, number});
  }
  std::vector<size_t> rows(names.size());
  std::iota(rows.begin(), rows.end(), size_t{0});
  std::stable_sort(rows.begin(), rows.end(),
                   [&](size_t a, size_t b) { return places[a] < places[b]; });
  return rows;
}

std::vector<std::string> in_shown_order(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const size_t row : shown_order(names)) out.push_back(names[row]);
  return out;
}

}  // namespace afterimage
