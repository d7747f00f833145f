#pragma once

#include <vector>

#include <c10/core/Device.h>

#include "afterimage/decoders/decoder.h"

namespace afterimage {

struct RidgeOptions {
  double lambda = 0;
  std::vector<double> lambdas = {0.1, 0.3, 1,   3,   10,  30,  100, 300,
                                 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 1e7};
  int64_t folds = 5;

  Fields fields();
};

/// Ridge regression from responses (sensor x bin, flattened) to pixels, with an intercept; the
/// linear baseline. Lambda is absolute, as in scikit-learn: it stands against X'X of standardised
/// responses, whose diagonal is the number of samples. It is chosen by cross-validation on the
/// training samples alone, crops of one photograph sharing a fold (folds.h), by the mean squared
/// pixel error. Gray stimuli are fitted once and repeated.
class RidgeDecoder : public Decoder {
 public:
  RidgeDecoder() = default;
  explicit RidgeDecoder(RidgeOptions options) : options_(std::move(options)) {}

  Fields fields() override { return options_.fields(); }
  void build(const DecoderInput& input, const RunContext& run) override;
  /// Errors: fewer than two samples; a lambda too small for the responses.
  void fit(const SampleSource& train, const FitContext& context) override;
  /// The same from some of the samples.
  void fit(const SampleSource& train, const std::vector<int64_t>& rows, const RunContext& run);
  at::Tensor reconstruct(const at::Tensor& responses) override;
  /// "weight" (p, pixels), "response_mean" (p), "image_mean" (pixels), "lambda" (), and after
  /// cross-validation "lambdas" and "errors" (mean squared error, held out).
  TensorMap state() const override { return state_; }
  void load(const TensorMap& state, const std::string& where) override;

 private:
  RidgeOptions options_;
  int64_t size_ = 0, predictors_ = 0;
  c10::Device device_ = c10::kCPU;
  TensorMap state_;
};

}  // namespace afterimage
