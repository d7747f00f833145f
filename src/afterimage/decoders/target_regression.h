#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "afterimage/base/options.h"
#include "afterimage/decoders/readouts.h"
#include "afterimage/decoders/target_file.h"
#include "afterimage/formats/safetensors.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/sample_source.h"
#include "afterimage/regression/ridge_regression.h"

namespace afterimage {

/// How targets are predicted from responses, for all targets of a decoder alike.
struct TargetRegressionOptions {
  std::string kind = "ridge";
  std::vector<double> lambdas = {10, 100, 1e3, 1e4, 1e5, 1e6};
  int64_t folds = 5;
  double alpha = 0.15;

  Options options();
};

/// The targets of a training: layer `layer` of `file`, whose row `row[i]` is sample i's.
struct TrainingTargets {
  const TargetFile& file;
  std::string layer;
  std::vector<int64_t> row;
};

/// Predicts what a network says of an image from the responses to it, each unit standardised over
/// the training samples. Either ridge regression with a penalty for each unit by cross-validation
/// over whole photographs, or FastL2LiR (regression/selected_regression.h), in which each unit sees
/// the sensors and bins that correlate most with it.
class TargetRegression {
 public:
  struct Choice {
    std::vector<std::string> regions;  ///< ROIs whose sensors are read; empty: all
    int64_t predictors = 500;          ///< FastL2LiR: how many each unit sees
    double share = 1;                  ///< of the units that is predicted, those held out best
  };

  /// Errors: no such ROI.
  TargetRegression(TargetRegressionOptions options, Choice choice, const Sensors& sensors,
                   int64_t bins, const std::string& where);

  void fit(const SampleSource& train, const TrainingTargets& targets, const RunContext& run);
  /// (n, sensor, bin) -> (n, units) float32, of the units predicted.
  at::Tensor predict(const at::Tensor& responses) const;
  /// (units) int64, which of the layer's are predicted, in order.
  const at::Tensor& units() const { return state_.at("units"); }
  int64_t layer_units() const;
  /// Of the units predicted, standardised. It must outlive what it gives.
  Readout readout(const std::string& name) const;

  /// "units", "layer_units", "mean" and "deviation" (units), and of ridge "weight" (p, units),
  /// "x_mean" (p), "lambda" (units), of FastL2LiR "chosen" and "weight" (units, k), "bias" (units).
  TensorMap state() const { return state_; }
  void load(const TensorMap& state, const std::string& where);

 private:
  at::Tensor predictors_of(const at::Tensor& responses) const;
  at::Tensor weights(int64_t first, int64_t last) const;
  RegressionData data(const SampleSource& train, const TrainingTargets& targets,
                      const at::Tensor& units) const;
  void standardise(const RegressionData& data, const RunContext& run);
  at::Tensor best_units(const SampleSource& train, const TrainingTargets& targets,
                        const RunContext& run);
  RidgeSettings ridge_settings(const SampleSource& train, const RunContext& run) const;
  void fit_ridge(const SampleSource& train, const RegressionData& data, const RunContext& run);
  void fit_selected(const RegressionData& data, const RunContext& run);

  TargetRegressionOptions options_;
  Choice choice_;
  at::Tensor columns_;  // int64 of (sensor, bin) flattened; undefined: all
  int64_t sensors_, bins_, predictors_;
  TensorMap state_;
};

}  // namespace afterimage
