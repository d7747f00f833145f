#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "afterimage/decoders/decoder.h"

namespace afterimage {

/// The gain G (q, k) of the posterior mean xhat = r G of x ~ N(0, diag prior), r | x ~ N(x B, diag
/// noise), for rows x (k) and r (q); `weights` is B (k, q), all float64. Two forms of the same
/// matrix, the smaller system is solved:
///   q <= k:  (B' L B + D)^-1 B' L     (q x q)
///   q >  k:  D^-1 B' (L^-1 + B D^-1 B')^-1     (k x k)
at::Tensor posterior_gain(const at::Tensor& weights, const at::Tensor& prior,
                          const at::Tensor& noise);

struct LinearGaussianOptions {
  int64_t components = 500;
  double lambda = 0;
  std::vector<double> lambdas = {0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7};
  int64_t folds = 5;

  Options options();
};

/// Linear-Gaussian maximum a posteriori, a baseline of Brain2Pix (form: Schoenmakers et al. 2013):
/// images are Gaussian with the mean and covariance S of the training images, responses a linear
/// map of the image with Gaussian noise, x ~ N(m, S), r | x ~ N(xB, D), and the reconstruction is
/// the posterior mean m + r (B'SB + D)^-1 B'S. B is ridge regression, the penalty of each sensor
/// and bin chosen on held-out photographs, and D its squared error there, since residuals of the
/// training samples themselves are too small.
/// The covariance of pixels is never formed: all happens in the images' principal components, in
/// which S is diagonal, and with all of them nothing is approximated.
class LinearGaussianDecoder : public Decoder {
 public:
  Options options() override { return options_.options(); }
  void build(const DecoderInput& input, const RunContext& run) override;
  /// Errors: fewer than two samples; images that are all alike.
  void fit(const SampleSource& train, const FitContext& context) override;
  /// "gain" (p, k), "components" (k, pixels), "response_mean" (p), "image_mean" (pixels), and for
  /// those who look: "prior" (k), "noise" (p), "lambda" (p).
  TensorMap state() const override { return state_; }
  void load(const TensorMap& state, const std::string& where) override;
  /// Its images are those whose predicted responses fit the recorded ones.
  std::vector<std::string> objective_metrics() const override { return {"brain-correlation"}; }

 private:
  at::Tensor images_of(const at::Tensor& responses, const ReconstructContext& context) override;

  LinearGaussianOptions options_;
  int64_t size_ = 0, predictors_ = 0;
  c10::Device device_ = c10::kCPU;
  TensorMap state_;
};

}  // namespace afterimage
