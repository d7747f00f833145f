#include "afterimage/evaluation/metric.h"

#include <ATen/ATen.h>

#include "afterimage/base/table.h"
#include "afterimage/evaluation/statistics.h"

namespace afterimage {

Score score_of_images(const at::Tensor& values) {
  const auto column = values.to(at::kCPU, at::kDouble).contiguous();
  TORCH_INTERNAL_ASSERT(column.isfinite().all().item<bool>());
  Score score;
  score.value = column.mean().item<double>();
  score.per_image.assign(column.const_data_ptr<double>(),
                         column.const_data_ptr<double>() + column.numel());
  score.columns = at::stack({column, at::ones_like(column)}, 1);  // (n, 2)
  return score;
}

Score score_of_moments(const at::Tensor& moments) {
  Score score;
  score.value = value_of_sums(moments.sum(0, /*keepdim=*/true)).item<double>();
  score.columns = moments;
  return score;
}

Score score_not_computed(std::string reason) {
  Score score;
  score.not_computed = std::move(reason);
  return score;
}

const std::vector<Metric>& metric_table() {
  static const std::vector<Metric> table = [] {
    auto metrics = pixel_metrics();
    for (auto& metric : feature_metrics()) metrics.push_back(std::move(metric));
    return metrics;
  }();
  return table;
}

std::vector<const Metric*> find_metrics(const std::vector<std::string>& names) {
  std::vector<const Metric*> found;
  for (const auto& name : names) {
    if (name == "all") {
      found.clear();
      for (const auto& metric : metric_table()) found.push_back(&metric);
      return found;
    }
    found.push_back(&find_entry(metric_table(), name, "metric", "metrics"));
  }
  return found;
}

}  // namespace afterimage
