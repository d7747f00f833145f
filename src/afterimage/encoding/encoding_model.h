#pragma once

#include <string>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/encoding/encoding_options.h"
#include "afterimage/encoding/residual_noise.h"
#include "afterimage/encoding/sensor_features.h"
#include "afterimage/encoding/sensor_ridge.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// An encoding model: what each sensor answers to an image, and how it varies around that
/// (Naselaris et al. 2011). A sensor sees feature maps through its Gaussian field, its response is
/// linear in them (ridge, penalty by cross-validation over photographs), through a curve if asked
/// for. What held-out responses deviate by is noise and misfit: low rank plus diagonal.
///
/// Responses are standardised, as the source it was fitted to gives them.
class EncodingModel {
 public:
  /// Errors: no weights of SqueezeNet where its features are asked for.
  EncodingModel(const EncodingOptions& options, const Sensors& sensors, const RunContext& run);

  /// Reads the images twice, the responses three times, in batches. Errors: fewer than 20 samples,
  /// samples of one photograph.
  void fit(const SampleSource& train, const RunContext& run);

  /// Of images (n, 3, H, W) in [0,1]: (n, sensor, bin), differentiable.
  at::Tensor predict(const at::Tensor& images) const;

  /// Held-out R2, each fold predicted by a fit to the others: (sensor, bin) float64; NaN where the
  /// response never varies.
  const at::Tensor& r2() const { return r2_; }
  const at::Tensor& lambda() const { return lambda_; }  ///< (sensor) float64

  /// How held-out responses to single samples deviate, over (sensor bin).
  const ResidualNoise& residuals() const { return residuals_; }
  /// The part of that variance that repeats of a stimulus do not share, (sensor, bin) float64; one
  /// everywhere where the samples have no repeats. The rest is misfit, which averaging keeps.
  const at::Tensor& noise_share() const { return noise_share_; }
  bool knows_noise() const { return knows_noise_; }

  /// Whether its features are SqueezeNet's, or some of them.
  bool reads_network() const;

  /// A draw of what a mean of so many trials deviates by from its prediction, (sensor, bin).
  at::Tensor draw(double trials, at::Generator generator) const;

  TensorMap state() const;
  /// Errors, at `where`: tensors that are missing or do not fit.
  void load(const TensorMap& state, const std::string& where);

 private:
  struct Folds;
  std::vector<SensorRidgeFit> fit_sensors(const SampleSource& train, const Folds& folds,
                                          const RunContext& run);
  at::Tensor held_out(const SampleSource& train, const Folds& folds,
                      const std::vector<SensorRidgeFit>& fits, const RunContext& run) const;
  void take_residuals(const SampleSource& train, at::Tensor predicted, const RunContext& run);
  at::Tensor linear(const std::vector<at::Tensor>& weights,
                    const std::vector<at::Tensor>& intercepts, const at::Tensor& images) const;

  EncodingOptions options_;
  int64_t sensors_, bins_ = 0;
  SensorFeatures features_;
  std::vector<at::Tensor> weight_, intercept_;  // of each group: (sensor, predictor, bin), (sensor,
                                                // bin) float32
  at::Tensor curve_;  // (4, sensor, bin): y = c0 + c1 z + c2 z^2 + c3 z^3; undefined: y = z
  at::Tensor lambda_, r2_, noise_share_;
  bool knows_noise_ = false;
  double averaged_ = 1;  // trials that a sample averages
  ResidualNoise residuals_;
};

}  // namespace afterimage
