#include "afterimage/importers/import_parts.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {

Sensors plain_sensors(int64_t count, const std::string& prefix) {
  Sensors sensors;
  const auto size = static_cast<size_t>(count);
  for (size_t i = 0; i < size; ++i) sensors.name.push_back(concat(prefix, "-", i + 1));
  sensors.roi.resize(size);
  sensors.array.assign(size, -1);
  sensors.x = sensors.y = sensors.size = sensors.reliability =
      std::vector<double>(size, std::numeric_limits<double>::quiet_NaN());
  return sensors;
}

std::vector<int64_t> rows_from(const std::vector<int64_t>& numbers, int64_t from, int64_t count,
                               const std::string& where, const std::string& things) {
  std::vector<int64_t> rows;
  for (const int64_t number : numbers) rows.push_back(number - from);
  const auto outside =
      std::find_if(rows.begin(), rows.end(), [&](int64_t row) { return row < 0 || row >= count; });
  if (outside == rows.end()) return rows;
  const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
  const int64_t other = 1 - from;
  const bool shifted = *low >= other && *high < other + count;
  throw Error(where,
              concat("names ", *low, " to ", *high, " where there are ", count, " ", things,
                     ", counted from ", from, " to ", from + count - 1),
              shifted ? concat("They seem to be counted from ", other) : "");
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::vector<std::string> sizes;
  for (const int64_t size : shape) sizes.push_back(size < 0 ? "any" : std::to_string(size));
  return "(" + join(sizes) + ")";
}

void require_shape(const std::vector<int64_t>& found, const std::vector<int64_t>& expected,
                   const std::string& where, const std::string& what) {
  bool same = found.size() == expected.size();
  for (size_t i = 0; same && i < found.size(); ++i) {
    same = expected[i] < 0 || found[i] == expected[i];
  }
  if (same) return;
  std::vector<int64_t> reversed(found.rbegin(), found.rend());
  bool turned = reversed.size() == expected.size();
  for (size_t i = 0; turned && i < reversed.size(); ++i) {
    turned = expected[i] < 0 || reversed[i] == expected[i];
  }
  throw Error(where, concat("has the shape ", shape_text(found)),
              concat("Expected ", shape_text(expected), ": ", what,
                     turned ? ". The order of the indices seems to be reversed" : ""));
}

std::vector<int64_t> integers_of(const at::Tensor& values) {
  const at::Tensor list = values.to(at::kLong).contiguous();
  const auto* first = list.const_data_ptr<int64_t>();
  return {first, first + list.numel()};
}

std::vector<double> doubles_of(const at::Tensor& values) {
  const at::Tensor list = values.to(at::kDouble).contiguous();
  const auto* first = list.const_data_ptr<double>();
  return {first, first + list.numel()};
}

}  // namespace afterimage
