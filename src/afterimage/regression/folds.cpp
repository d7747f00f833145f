#include "afterimage/regression/folds.h"

#include <ATen/ops/randperm.h>
#include <algorithm>
#include <map>

namespace afterimage {
namespace {

std::vector<int64_t> contiguous_folds(int64_t samples, int64_t folds) {
  std::vector<int64_t> fold(static_cast<size_t>(samples));
  for (int64_t i = 0; i < samples; ++i) fold[static_cast<size_t>(i)] = i * folds / samples;
  return fold;
}

}  // namespace

std::vector<int64_t> grouped_folds(const std::vector<std::string>& group, int64_t folds,
                                   at::Generator generator) {
  const auto samples = static_cast<int64_t>(group.size());
  folds = std::min(folds, samples);
  std::map<std::string, std::vector<size_t>> members;
  for (size_t i = 0; i < group.size(); ++i) members[group[i]].push_back(i);
  const auto groups = static_cast<int64_t>(members.size());
  if (groups < 2) return contiguous_folds(samples, folds);
  folds = std::min(folds, groups);

  std::vector<const std::vector<size_t>*> sets;
  for (const auto& [name, rows] : members) sets.push_back(&rows);
  const auto order = at::randperm(groups, generator);
  const auto* picked = order.const_data_ptr<int64_t>();

  // Each group goes to the fold that is smallest so far.
  std::vector<int64_t> fold(group.size());
  std::vector<size_t> size(static_cast<size_t>(folds), 0);
  for (int64_t g = 0; g < groups; ++g) {
    const auto& rows = *sets[static_cast<size_t>(picked[g])];
    const auto smallest = std::min_element(size.begin(), size.end()) - size.begin();
    for (const auto row : rows) fold[row] = smallest;
    size[static_cast<size_t>(smallest)] += rows.size();
  }
  return fold;
}

}  // namespace afterimage
