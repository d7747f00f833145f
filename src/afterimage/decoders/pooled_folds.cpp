#include "afterimage/decoders/pooled_folds.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "afterimage/base/rows.h"
#include "afterimage/decoders/other_rows.h"

namespace afterimage {
namespace {

size_t index(int64_t row) { return static_cast<size_t>(row); }

template <typename T>
void append(std::vector<T>& list, const std::vector<T>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

/// The probes of all folds: the i-th row of all folds, one after the other, is row place[i].
void pool_probes(const std::vector<Reconstruction>& folds, const std::vector<int64_t>& place,
                 Reconstruction& all) {
  std::map<std::string, std::vector<at::Tensor>> images;
  size_t first = 0;
  for (const auto& part : folds) {
    for (const auto& [name, probe] : part.probes) {
      images[name].push_back(probe.images);
      for (const auto row : probe.row) {
        all.probes[name].row.push_back(place[first + index(row)]);
      }
    }
    if (part.batch_difference) {
      all.batch_difference = std::max(all.batch_difference.value_or(0), *part.batch_difference);
    }
    first += part.stimulus.size();
  }
  for (auto& [name, probe] : all.probes) probe.images = at::cat(images.at(name));
}

}  // namespace

Reconstruction pooled_folds(const std::vector<Reconstruction>& folds,
                            const std::vector<int64_t>& same_as, bool shuffled,
                            at::Generator generator) {
  Reconstruction all;
  all.name = folds.front().name;
  all.decoder = folds.front().decoder;
  all.split = folds.front().split;
  all.trained_against = folds.front().trained_against;
  std::vector<int64_t> stimulus, averaged, fold;
  std::map<std::string, std::vector<at::Tensor>> images;  // the decoder's own under ""
  for (size_t f = 0; f < folds.size(); ++f) {
    const auto& part = folds[f];
    all.trained_against = both(all.trained_against, part.trained_against);
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
  std::vector<int64_t> place(order.size());
  for (size_t i = 0; i < order.size(); ++i) place[index(order[i])] = static_cast<int64_t>(i);
  pool_probes(folds, place, all);
  if (!shuffled) return all;
  const auto others =
      rows_of_others(picked(same_as, all.stimulus), std::move(generator), picked(fold, order));
  all.controls["shuffled"] = all.images.index_select(0, at::tensor(others, at::kLong));
  return all;
}

}  // namespace afterimage
