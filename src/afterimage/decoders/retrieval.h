#pragma once

#include <string>

#include <c10/core/Device.h>

#include "afterimage/decoders/decoder.h"

namespace afterimage {

struct RetrievalOptions {
  std::string similarity = "correlation";

  Fields fields();
};

/// The row of `train` most like each row of `test`: highest Pearson correlation over columns, or
/// least Euclidean distance. (n, p) and (m, p) float -> (m) int64. Rows that do not vary correlate
/// 0 with everything; of equals the first wins.
at::Tensor most_similar_rows(const at::Tensor& train, const at::Tensor& test, bool correlation);

/// The image of the training sample whose responses are most like the given ones: a nearest
/// neighbour, which shows how much of a result the training set alone explains.
class RetrievalDecoder : public Decoder {
 public:
  Fields fields() override { return options_.fields(); }
  void build(const DecoderInput& input, const RunContext& run) override;
  /// Errors: no samples.
  void fit(const Samples& train, const FitContext& context) override;
  at::Tensor reconstruct(const at::Tensor& responses) override;
  /// "responses" (n, p) float32, "images" (n, 3, size, size) uint8.
  TensorMap state() const override { return {{"responses", responses_}, {"images", images_}}; }
  void load(const TensorMap& state, const std::string& where) override;

 private:
  RetrievalOptions options_;
  int64_t size_ = 0, predictors_ = 0;
  c10::Device device_ = c10::kCPU;
  at::Tensor responses_, images_;
};

}  // namespace afterimage
