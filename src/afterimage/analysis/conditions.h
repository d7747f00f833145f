#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/analysis/baseline.h"
#include "afterimage/analysis/result.h"
#include "afterimage/base/run_context.h"
#include "afterimage/decoders/model.h"
#include "afterimage/evaluation/metric.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Which responses a decoder gets to see; the others stand at their baseline.
struct Condition {
  std::string name;     ///< "V1, all but window 2"
  std::string regions;  ///< "V1", or "all"
  std::string windows;  ///< "all", "only 2", "all but 2"; windows count from 1
  at::Tensor kept;      ///< (sensor, bin) bool
};

/// Keep one ROI, or all of them, in all windows.
std::vector<Condition> conditions_in_space(const DecoderInput& input);

/// MonkeySee's spatiotemporal occlusion: for every ROI and for all ROIs together, all windows, only
/// window i, and all but window i; windows are the bins the decoder reads. With three ROIs and five
/// windows 4 x (1 + 5 + 5) = 44.
std::vector<Condition> conditions_in_time(const DecoderInput& input);

/// The level before stimulus onset as a model's responses are standardised, from `with_bins`: the
/// recording itself, or another of the same sensors in the same units. Blocks are those of the
/// recording where both have the same trials. The model must outlive it.
/// Errors: no bin before onset; other sensors.
Baseline baseline_before_onset(const Model& model, const Recording& recording,
                               const Recording& with_bins);

/// The mean of one value per image (n), with its 95 % bootstrap interval over images.
Estimate mean_over_images(const at::Tensor& values, const RunContext& run);

/// A model's test set, and what the model makes of it when it sees only part of the responses.
class Conditions {
 public:
  Conditions(Model& model, const Recording& recording, const std::string& split,
             const Baseline& baseline, const RunContext& run);

  int64_t count() const { return samples_.count(); }
  const at::Tensor& truth() const { return truth_->images(); }
  /// The test set; each sample averages the trials of a stimulus.
  const SampleSource& samples() const { return samples_; }
  std::vector<std::string> stimulus_names(int64_t first) const;

  /// (n, 3, H, W) of the responses with those not kept at their baseline.
  at::Tensor reconstruct(const at::Tensor& kept);
  at::Tensor reconstruct_all() { return reconstruct(at::Tensor()); }
  /// The same of responses that are changed as they are read, a batch at a time: (n, sensor, bin),
  /// and the rows they are of.
  using Change = std::function<at::Tensor(const at::Tensor&, const std::vector<int64_t>&)>;
  at::Tensor reconstruct(const Change& change);
  /// The metrics of such images beside the truth, by name; those that cannot be computed are NaN.
  std::map<std::string, Estimate> score(const at::Tensor& images,
                                        const std::vector<const Metric*>& metrics) const;

 private:
  Model& model_;
  const Recording& recording_;
  Samples samples_;
  Baseline baseline_;
  std::vector<std::vector<int64_t>> blocks_;  // of the trials each sample averages
  at::Tensor resamples_;                      // (draw, n): bootstrap counts
  std::shared_ptr<TruthFeatures> truth_;
  RunContext run_;
};

/// Shortest list of metrics that can be computed here: those of networks without weights are left
/// out. Names as in `evaluate`; "all" for each.
std::vector<const Metric*> computable_metrics(const std::vector<std::string>& names,
                                              const at::Tensor& images, const RunContext& run);

/// The metrics "NETWORK-LAYER-correlation" of the first of AlexNet, VGG19 and SqueezeNet whose
/// weights are at hand, layer by layer.
std::vector<const Metric*> layer_metrics(const at::Tensor& images, const RunContext& run);

}  // namespace afterimage
