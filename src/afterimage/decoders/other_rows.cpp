#include "afterimage/decoders/other_rows.h"

#include <ATen/ops/randperm.h>

#include <algorithm>
#include <map>

namespace afterimage {
namespace {

using Groups = std::map<int64_t, std::vector<int64_t>>;  // rows by stimulus

size_t index(int64_t row) { return static_cast<size_t>(row); }

/// Each row of a stimulus in `groups` gets one of the next stimulus, in random order.
void deal(const Groups& groups, at::Generator generator, std::vector<int64_t>& partner) {
  std::vector<const std::vector<int64_t>*> rows;
  for (const auto& group : groups) rows.push_back(&group.second);
  const auto other = derangement(std::ssize(rows), std::move(generator));
  for (size_t g = 0; g < rows.size(); ++g) {
    const auto& theirs = *rows[index(other[g])];
    for (size_t i = 0; i < rows[g]->size(); ++i) {
      partner[index((*rows[g])[i])] = theirs[i % theirs.size()];
    }
  }
}

}  // namespace

std::vector<int64_t> derangement(int64_t n, at::Generator generator) {
  const at::Tensor order = at::randperm(n, std::move(generator), at::kLong);
  const auto* at_place = order.data_ptr<int64_t>();
  std::vector<int64_t> rows(index(n));
  for (int64_t i = 0; i < n; ++i) rows[index(at_place[i])] = at_place[(i + 1) % n];
  return rows;
}

std::vector<int64_t> rows_of_others(const std::vector<int64_t>& stimulus, at::Generator generator,
                                    std::vector<int64_t> fold) {
  if (std::adjacent_find(stimulus.begin(), stimulus.end(), std::not_equal_to<>()) ==
      stimulus.end()) {
    return {};
  }
  fold.resize(stimulus.size());
  std::map<int64_t, Groups> folds;
  for (size_t i = 0; i < stimulus.size(); ++i) {
    folds[fold[i]][stimulus[i]].push_back(static_cast<int64_t>(i));
  }
  Groups alone;  // in their folds
  std::vector<int64_t> partner(stimulus.size());
  for (const auto& [number, groups] : folds) {
    if (groups.size() > 1) {
      deal(groups, generator, partner);
    } else {
      const auto& [lonely, rows] = *groups.begin();
      alone[lonely].insert(alone[lonely].end(), rows.begin(), rows.end());
    }
  }
  if (alone.size() > 1) deal(alone, generator, partner);
  if (alone.size() == 1) {  // any other there is
    const auto& [lonely, rows] = *alone.begin();
    const auto found = std::find_if(stimulus.begin(), stimulus.end(),
                                    [one = lonely](int64_t other) { return other != one; });
    for (const auto row : rows) partner[index(row)] = found - stimulus.begin();
  }
  return partner;
}

}  // namespace afterimage
