#pragma once

#include "afterimage/decoders/decoder.h"

namespace afterimage {

/// The mean training image, whatever the responses: what a decoder must beat to have decoded
/// anything.
class MeanImageDecoder : public Decoder {
 public:
  Options options() override { return {}; }
  void build(const DecoderInput& input, const RunContext& run) override;
  /// Errors: no samples.
  void fit(const SampleSource& train, const FitContext& context) override;
  /// "image" (3, size, size).
  TensorMap state() const override { return {{"image", image_}}; }
  void load(const TensorMap& state, const std::string& where) override;
  std::vector<std::string> objective_metrics() const override { return {"pixel-mse"}; }

 private:
  at::Tensor images_of(const at::Tensor& responses, const ReconstructContext& context) override;
  int64_t size_ = 0;
  at::Tensor image_;  // (3, y, x) float32
};

}  // namespace afterimage
