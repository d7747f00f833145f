#include "afterimage/evaluation/ceilings.h"

#include <ATen/ATen.h>

#include <cmath>

namespace afterimage {
namespace {

at::Tensor floats(const Probe& probe) { return probe.images.to(at::kFloat).div_(255); }

/// The probe of this name, if it is of several stimuli, one row each.
const Probe* probe_of(const Reconstruction& made, const std::string& name) {
  const auto found = made.probes.find(name);
  return found == made.probes.end() || found->second.row.size() < 2 ? nullptr : &found->second;
}

using Take = void (*)(Score&, const Metric&, double value);

/// Each metric of `reconstruction` as if `truth` had been shown.
void compute(std::vector<Score>& scores, const std::vector<const Metric*>& metrics,
             const at::Tensor& truth, const at::Tensor& reconstruction, const TruthFeatures& like,
             Take take) {
  const auto images = truth.size(0), all = like.stimuli().count();
  const ImagePairs pairs(std::make_shared<TruthFeatures>(truth, Stimuli(images), like),
                         reconstruction);
  for (size_t m = 0; m < metrics.size(); ++m) {
    const auto& metric = *metrics[m];
    if (!scores[m].not_computed.empty()) continue;
    if (metric.chance && metric.chance(images) != metric.chance(all)) continue;
    const auto found = metric.compute(pairs);
    if (!found.not_computed.empty()) continue;
    take(scores[m], metric, found.value);
    scores[m].ceiling.images = images;
  }
}

}  // namespace

double bound_of_halves(double halves) {
  return halves > 0 ? std::sqrt(2 * halves / (1 + halves)) : 0;
}

void add_ceilings(std::vector<Score>& scores, const std::vector<const Metric*>& metrics,
                  const Reconstruction& made, const TruthFeatures& truth) {
  const auto of_probe = [&](const std::string& name, Take take) {
    const auto* probe = probe_of(made, name);
    if (probe == nullptr) return;
    const auto shown = truth.images().index_select(0, at::tensor(probe->row, at::kLong));
    compute(scores, metrics, shown, floats(*probe), truth, take);
  };
  of_probe("recovery",
           [](Score& score, const Metric&, double value) { score.ceiling.noise_free = value; });
  of_probe("predicted",
           [](Score& score, const Metric&, double value) { score.ceiling.predicted = value; });
  const auto *one = probe_of(made, "half-1"), *two = probe_of(made, "half-2");
  if (one == nullptr || two == nullptr || one->row != two->row) return;
  compute(scores, metrics, floats(*two), floats(*one), truth,
          [](Score& score, const Metric& metric, double value) {
            score.ceiling.halves = value;
            if (metric.correlation) score.ceiling.repeats = bound_of_halves(value);
          });
}

}  // namespace afterimage
