#include "afterimage/evaluation/metric.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/base/table.h"
#include "afterimage/evaluation/brain_responses.h"
#include "afterimage/evaluation/statistics.h"

namespace afterimage {

Score score_of_images(const at::Tensor& values, const Stimuli& stimuli) {
  const auto rows = values.to(at::kCPU, at::kDouble).contiguous();
  TORCH_INTERNAL_ASSERT(rows.isfinite().all().item<bool>());
  const auto column = stimuli.mean(rows.unsqueeze(1)).squeeze(1);
  Score score;
  score.value = column.mean().item<double>();
  score.per_image.assign(rows.const_data_ptr<double>(),
                         rows.const_data_ptr<double>() + rows.numel());
  score.columns = at::stack({column, at::ones_like(column)}, 1);  // (stimuli, 2)
  return score;
}

Score score_of_moments(const at::Tensor& moments, const Stimuli& stimuli) {
  Score score;
  score.columns = stimuli.mean(moments);  // (stimuli, 6)
  score.value = value_of_sums(score.columns.sum(0, /*keepdim=*/true)).item<double>();
  return score;
}

at::Tensor of_batches(
    const ImagePairs& pairs,
    const std::function<at::Tensor(const at::Tensor& truth, const at::Tensor& made)>& values) {
  constexpr int64_t batch = 128;  // images turned to float64 at a time
  std::vector<at::Tensor> parts;
  const auto truth = pairs.truth().split(batch);
  const auto made = pairs.reconstruction().split(batch);
  for (size_t b = 0; b < truth.size(); ++b) {
    parts.push_back(values(truth[b].to(at::kDouble), made[b].to(at::kDouble)));
  }
  return at::cat(parts);
}

Score score_not_computed(std::string reason) {
  Score score;
  score.not_computed = std::move(reason);
  return score;
}

const std::vector<Metric>& metric_table() {
  static const std::vector<Metric> table = [] {
    auto metrics = pixel_metrics();
    for (auto& metric : structure_metrics()) metrics.push_back(std::move(metric));
    for (auto& metric : brain_metrics()) metrics.push_back(std::move(metric));
    for (auto& metric : feature_metrics()) metrics.push_back(std::move(metric));
    return metrics;
  }();
  return table;
}

const Metric* known_metric(const std::string& name) {
  const auto& table = metric_table();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Metric& metric) { return metric.name == name; });
  return found == table.end() ? nullptr : &*found;
}

/// The name that a metric has here; papers may have another. Brain2Pix's pool2 and pool5 of AlexNet
/// are what IRFA's table calls conv2 and conv5.
static std::string own_name(std::string name) {
  for (const auto& [theirs, ours] : {std::pair{"alexnet-pool2-", "alexnet-conv2-"},
                                     std::pair{"alexnet-pool5-", "alexnet-conv5-"}}) {
    if (name.starts_with(theirs)) return ours + name.substr(std::string(theirs).size());
  }
  return name;
}

std::vector<const Metric*> find_metrics(const std::vector<std::string>& names) {
  std::vector<const Metric*> found;
  for (const auto& asked : names) {
    const std::string name = own_name(asked);
    if (name == "all") {
      found.clear();
      for (const auto& metric : metric_table()) found.push_back(&metric);
      return found;
    }
    const auto* metric = &find_entry(metric_table(), name, "metric", "metrics");
    if (std::find(found.begin(), found.end(), metric) == found.end()) found.push_back(metric);
  }
  return found;
}

}  // namespace afterimage
