#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "afterimage/decoders/decoder.h"
#include "afterimage/decoders/target_regression.h"

namespace afterimage {

struct ClipRetrievalOptions {
  std::string network = "clip-b32";
  std::string layer = "embedding";
  int64_t predictors = 500;
  TargetRegressionOptions regression;

  Options options();
};

/// The training photograph whose features (CLIP's embedding) are most like those predicted from the
/// responses, by correlation over units: what a decoder of content reaches that can only show what
/// it has seen. Each photograph counts once.
class ClipRetrieval : public Decoder, public HasReadouts {
 public:
  Options options() override { return options_.options(); }
  void build(const DecoderInput& input, const RunContext& run) override;
  /// Errors: no weights of the network, no such layer.
  void fit(const SampleSource& train, const FitContext& context) override;
  std::vector<PretrainedWeights> pretrained() const override;
  const HasReadouts* has_readouts() const override { return this; }
  std::vector<Readout> readouts() const override {
    return {regression_->readout(options_.network + " " + options_.layer)};
  }
  /// "regression." (TargetRegression), "features" (m, units), "images" (m, 3, size, size) uint8.
  TensorMap state() const override;
  void load(const TensorMap& state, const std::string& where) override;

 private:
  at::Tensor images_of(const at::Tensor& responses, const ReconstructContext& context) override;

  ClipRetrievalOptions options_;
  int64_t size_ = 0;
  RunContext run_;
  std::optional<TargetRegression> regression_;
  at::Tensor features_, images_;
};

}  // namespace afterimage
