#pragma once

#include <cstdint>
#include <string>

#include <c10/core/Device.h>

#include "afterimage/decoders/decoder.h"
#include "afterimage/decoders/response_model.h"

namespace afterimage {

struct NishimotoOptions {
  std::string network = "squeezenet";
  std::string layer = "features.6";
  int64_t feature_size = 0;
  int64_t pool = 0;
  std::string prior;
  int64_t top = 1;
  ResponseModelOptions response_model;

  Options options();
};

/// Log likelihood of responses (n, p) under every image of a prior, up to a constant of the
/// responses, (n, m), from what an encoding model predicts for the images (m, p) and the precision
/// 1 / v of its noise (p):
///   log p(r | s) = -1/2 sum_v (r_v - rhat_v(s))^2 / v_v + c = (r / v)' rhat - 1/2 rhat' (rhat /
///   v),
/// one matrix product.
at::Tensor log_likelihood(const at::Tensor& responses, const at::Tensor& predictions,
                          const at::Tensor& precision);

/// The reconstruction of Nishimoto et al. (2011, Current Biology) as Brain2Pix's baseline has it:
/// an encoding model predicts responses from features of an image (a layer of a pretrained
/// network), a set of images is the empirical prior, and the reconstruction is the mean of the
/// `top` images under which the responses are most likely. The prior are the training images, each
/// once, or those of a folder (their largest centred square).
class NishimotoDecoder : public Decoder {
 public:
  Options options() override { return options_.options(); }
  void build(const DecoderInput& input, const RunContext& run) override;
  /// Errors: no weights of the network, no such layer; a folder without images; fewer images than
  /// `top`; fewer than two samples.
  void fit(const SampleSource& train, const FitContext& context) override;
  std::vector<PretrainedWeights> pretrained() const override;
  /// "predictions" (m, p) float32, "images" (m, 3, size, size) uint8, "precision" (p), and for
  /// those who look "lambda" (p).
  TensorMap state() const override { return state_; }
  void load(const TensorMap& state, const std::string& where) override;

 private:
  at::Tensor images_of(const at::Tensor& responses, const ReconstructContext& context) override;
  at::Tensor prior_images(const SampleSource& train, const RunContext& run) const;
  void check_top(int64_t images) const;

  NishimotoOptions options_;
  int64_t size_ = 0, predictors_ = 0;
  RunContext run_;
  TensorMap state_;
};

}  // namespace afterimage
