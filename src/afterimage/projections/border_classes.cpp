#include "afterimage/projections/border_classes.h"

#include <ATen/ATen.h>

#include <utility>

namespace afterimage {

BorderClasses::BorderClasses(int64_t length, int64_t k)
    : pad_before((k - 1) / 2), pad_after(k - 1 - pad_before) {
  std::vector<std::pair<int64_t, int64_t>> ranges;  // taps [first, last) of each class
  for (int64_t i = 0; i < length; ++i) {
    const std::pair range{std::max<int64_t>(0, pad_before - i),
                          std::min(k, length + pad_before - i)};
    if (ranges.empty() || ranges.back() != range) {
      ranges.push_back(range);
      runs.push_back({i, i});
    }
    ++runs.back().end;
    of.push_back(static_cast<int64_t>(ranges.size()) - 1);
  }
  const auto classes = static_cast<int64_t>(ranges.size());
  taps = at::zeros({classes, k}, at::kDouble);
  members = at::zeros({length, classes}, at::kDouble);
  for (int64_t c = 0; c < classes; ++c) {
    const auto [first, last] = ranges[static_cast<size_t>(c)];
    taps[c].slice(0, first, last).fill_(1);
    if (first == 0 && last == k) interior = c;
  }
  for (int64_t i = 0; i < length; ++i) members[i][of[static_cast<size_t>(i)]] = 1;
  begin = std::min(pad_before, length);
  end = std::max(begin, length - pad_after);
}

}  // namespace afterimage
