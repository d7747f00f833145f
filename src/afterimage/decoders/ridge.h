#pragma once

#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "afterimage/decoders/decoder.h"
#include "afterimage/decoders/readouts.h"
#include "afterimage/regression/ridge_regression.h"

namespace afterimage {

struct RidgeOptions {
  double lambda = 0;
  std::vector<double> lambdas = {0.1, 0.3, 1,   3,   10,  30,  100, 300,
                                 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 1e7};
  std::string validation = "folds";
  int64_t folds = 5;
  bool per_target = false;
  int64_t decoded_repeats = 0;  ///< above 1: lambda is chosen on held-out means of that many

  Options options();
};

/// Ridge regression from responses (sensor x bin, flattened) to pixels, with an intercept; the
/// linear baseline. Lambda is absolute, as in scikit-learn: it stands against X'X of standardised
/// responses, whose diagonal is the number of samples. It is chosen by cross-validation on the
/// training samples alone, crops of one photograph sharing a fold (folds.h) or left out one
/// photograph at a time, by the mean squared pixel error: one for all pixels or one for each
/// (regression/ridge_regression.h). Gray stimuli are fitted once and repeated.
///
/// Responses that average n trials have 1/n of the noise variance of those a decoder learned from,
/// and are decoded better with a smaller lambda. With `decoded_repeats` = n it is chosen on such
/// responses: of held-out photographs the mean of each stimulus' first n samples, or of all where
/// there are fewer.
class RidgeDecoder : public Decoder, public HasReadouts {
 public:
  RidgeDecoder() = default;
  explicit RidgeDecoder(RidgeOptions options) : options_(std::move(options)) {}

  Options options() override { return options_.options(); }
  void build(const DecoderInput& input, const RunContext& run) override;
  /// Errors: fewer than two samples; a lambda too small for the responses; decoded_repeats and no
  /// stimulus with several samples.
  void fit(const SampleSource& train, const FitContext& context) override;
  /// The same from some of the samples.
  void fit(const SampleSource& train, const std::vector<int64_t>& rows, const RunContext& run);
  /// "weight" (p, pixels), "response_mean" (p), "image_mean" (pixels), "lambda" (), or (pixels)
  /// when chosen per target, and after cross-validation "lambdas" and "errors" (mean squared error,
  /// held out).
  TensorMap state() const override { return state_; }
  void load(const TensorMap& state, const std::string& where) override;
  std::vector<std::string> objective_metrics() const override { return {"pixel-mse"}; }
  const HasReadouts* has_readouts() const override { return this; }
  std::vector<Readout> readouts() const override;

 private:
  at::Tensor images_of(const at::Tensor& responses, const ReconstructContext& context) override;
  void hold_out(RidgeSettings& settings, const SampleSource& train,
                const std::vector<int64_t>& rows, const RunContext& run) const;
  at::Tensor errors_of_means(const RidgeSettings& settings, const SampleSource& train,
                             const std::vector<int64_t>& rows, const RunContext& run) const;
  void say_choice(const at::Tensor& chosen, const std::vector<double>& lambdas,
                  const RunContext& run) const;

  RidgeOptions options_;
  int64_t size_ = 0, predictors_ = 0, bins_ = 1;
  c10::Device device_ = c10::kCPU;
  TensorMap state_;
};

}  // namespace afterimage
