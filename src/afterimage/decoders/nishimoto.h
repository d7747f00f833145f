#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "afterimage/decoders/decoder.h"
#include "afterimage/encoding/encoding_model.h"
#include "afterimage/encoding/encoding_options.h"

namespace afterimage {

struct NishimotoOptions {
  EncodingOptions likelihood{.features = "network"};
  bool fields = true;
  std::string prior;
  int64_t top = 1;

  Options options();
};

/// Log likelihood of responses (n, p) under every image of a prior, up to a constant of the
/// responses, (n, m), from what an encoding model predicts for the images (m, p) and these times
/// the inverse of its noise's covariance, `weighted` (m, p):
///   log p(r | s) = -1/2 (r - rhat(s))' S^-1 (r - rhat(s)) + c = r' S^-1 rhat - 1/2 rhat' S^-1
///   rhat,
/// one matrix product.
at::Tensor log_likelihood(const at::Tensor& responses, const at::Tensor& predictions,
                          const at::Tensor& weighted);

/// The reconstruction of Nishimoto et al. (2011, Current Biology), a baseline of Brain2Pix: an
/// encoding model (EncodingModel) predicts the responses to an image, a set of images is the
/// empirical prior, and the reconstruction is the mean of the `top` images under which the
/// responses are most likely. The noise is what held-out responses deviate by, with the covariance
/// that sensors share. The prior are the training images, each once, or those of a folder (their
/// largest centred square).
class NishimotoDecoder : public Decoder {
 public:
  Options options() override { return options_.options(); }
  /// Errors: no weights of SqueezeNet where its features are asked for.
  void build(const DecoderInput& input, const RunContext& run) override;
  /// Errors: a folder without images; fewer images than `top`; as EncodingModel::fit has them.
  void fit(const SampleSource& train, const FitContext& context) override;
  std::vector<PretrainedWeights> pretrained() const override;
  /// "predictions" (m, p) float32, "images" (m, 3, size, size) uint8, "noise.loadings" (p, k) and
  /// "noise.diagonal" (p) float32, and for those who look "lambda" (sensor), "r2" (sensor, bin).
  TensorMap state() const override { return state_; }
  void load(const TensorMap& state, const std::string& where) override;
  /// Its images are those whose predicted responses fit the recorded ones.
  std::vector<std::string> objective_metrics() const override { return {"brain-correlation"}; }

 private:
  at::Tensor images_of(const at::Tensor& responses, const ReconstructContext& context) override;
  at::Tensor prior_images(const SampleSource& train, const RunContext& run) const;
  void check_top(int64_t images) const;
  void weigh_predictions();

  NishimotoOptions options_;
  int64_t size_ = 0, predictors_ = 0;
  RunContext run_;
  std::unique_ptr<EncodingModel> model_;
  TensorMap state_;
  at::Tensor predictions_, weighted_;  // (m, p) on the run's device
};

}  // namespace afterimage
