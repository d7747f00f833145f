#include "afterimage/training/feature_cache.h"

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

namespace afterimage {

std::vector<at::Tensor> FeatureCache::features(const std::vector<int64_t>& rows,
                                               const at::Tensor& targets) {
  passing_.clear();
  std::vector<int64_t> missing, position;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (held_.count(rows[i]) != 0) continue;
    missing.push_back(rows[i]);
    position.push_back(static_cast<int64_t>(i));
  }
  if (missing.size() == rows.size() && bytes_ >= limit_) return of_network(targets);
  if (!missing.empty()) {
    compute(missing, targets.index_select(0, at::tensor(position).to(targets.device())));
  }

  std::vector<std::vector<at::Tensor>> layers;
  for (const int64_t row : rows) {
    const auto held = held_.find(row);
    const auto& of_row = held != held_.end() ? held->second : passing_.at(row);
    layers.resize(of_row.size());
    for (size_t layer = 0; layer < of_row.size(); ++layer) layers[layer].push_back(of_row[layer]);
  }
  std::vector<at::Tensor> stacked;
  for (const auto& layer : layers) stacked.push_back(at::stack(layer));
  return stacked;
}

std::vector<at::Tensor> FeatureCache::of_network(const at::Tensor& targets) const {
  const AutocastScope precision(run_);
  return loss_.target_features(targets);
}

void FeatureCache::compute(const std::vector<int64_t>& rows, const at::Tensor& targets) {
  const auto layers = of_network(targets);
  for (size_t i = 0; i < rows.size(); ++i) {
    std::vector<at::Tensor> of_row;
    int64_t size = 0;
    for (const auto& layer : layers) {
      of_row.push_back(layer[static_cast<int64_t>(i)].clone());
      size += static_cast<int64_t>(of_row.back().nbytes());
    }
    if (bytes_ + size > limit_) {
      passing_[rows[i]] = std::move(of_row);
    } else if (held_.emplace(rows[i], std::move(of_row)).second) {
      bytes_ += size;
    }
  }
}

}  // namespace afterimage
