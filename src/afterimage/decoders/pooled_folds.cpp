#include "afterimage/decoders/pooled_folds.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "afterimage/decoders/controls.h"

namespace afterimage {
namespace {

size_t index(int64_t row) { return static_cast<size_t>(row); }

template <typename T>
void append(std::vector<T>& list, const std::vector<T>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

std::vector<int64_t> picked(const std::vector<int64_t>& values, const std::vector<int64_t>& rows) {
  std::vector<int64_t> out;
  for (const auto row : rows) out.push_back(values[index(row)]);
  return out;
}

/// Each row of a stimulus in `groups` gets one of the next stimulus, in random order.
void deal(const std::map<int64_t, std::vector<int64_t>>& groups, at::Generator generator,
          std::vector<int64_t>& partner) {
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

std::vector<int64_t> rows_of_other_stimuli(const std::vector<int64_t>& stimulus,
                                           const std::vector<int64_t>& fold,
                                           at::Generator generator) {
  using Groups = std::map<int64_t, std::vector<int64_t>>;  // rows by stimulus
  std::map<int64_t, Groups> folds;
  Groups alone;
  for (size_t i = 0; i < stimulus.size(); ++i) {
    folds[fold[i]][stimulus[i]].push_back(static_cast<int64_t>(i));
  }
  std::vector<int64_t> partner(stimulus.size());
  for (const auto& [number, groups] : folds) {
    if (groups.size() > 1) {
      deal(groups, generator, partner);
    } else {
      auto& rows = alone[groups.begin()->first];
      rows.insert(rows.end(), groups.begin()->second.begin(), groups.begin()->second.end());
    }
  }
  if (alone.size() > 1) deal(alone, generator, partner);
  if (alone.size() == 1) {  // any other there is
    const auto& [lonely, rows] = *alone.begin();
    const auto found = std::find_if(stimulus.begin(), stimulus.end(),
                                    [lonely](int64_t other) { return other != lonely; });
    for (const auto row : rows) partner[index(row)] = found - stimulus.begin();
  }
  return partner;
}

Reconstruction pooled_folds(const std::vector<Reconstruction>& folds,
                            const std::vector<int64_t>& same_as, bool shuffled,
                            at::Generator generator) {
  Reconstruction all;
  all.name = folds.front().name;
  all.decoder = folds.front().decoder;
  all.split = folds.front().split;
  std::vector<int64_t> stimulus, averaged, fold;
  std::map<std::string, std::vector<at::Tensor>> images;  // the decoder's own under ""
  for (size_t f = 0; f < folds.size(); ++f) {
    const auto& part = folds[f];
    append(stimulus, part.stimulus);
    append(averaged, part.trials_averaged);
    fold.insert(fold.end(), part.stimulus.size(), static_cast<int64_t>(f));
    images[""].push_back(part.images);
    for (const auto& [control, tensor] : part.controls) images[control].push_back(tensor);
  }
  std::vector<int64_t> order(stimulus.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return stimulus[index(a)] < stimulus[index(b)]; });
  all.stimulus = picked(stimulus, order);
  all.trials_averaged = picked(averaged, order);
  for (const auto& [control, tensors] : images) {
    auto& target = control.empty() ? all.images : all.controls[control];
    target = at::cat(tensors).index_select(0, at::tensor(order, at::kLong));
  }
  if (!shuffled) return all;
  const auto others = rows_of_other_stimuli(picked(same_as, all.stimulus), picked(fold, order),
                                            std::move(generator));
  all.controls["shuffled"] = all.images.index_select(0, at::tensor(others, at::kLong));
  return all;
}

}  // namespace afterimage
