#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "afterimage/decoders/decoder.h"

namespace afterimage {

struct RetrievalOptions {
  std::string similarity = "correlation";

  Options options();
};

/// Finds the row most like each row of `test` among rows that come by and by: highest Pearson
/// correlation over columns, or least Euclidean distance. Rows that do not vary correlate 0 with
/// everything; of equals the first wins.
class MostSimilarRows {
 public:
  /// (m, p) float.
  MostSimilarRows(const at::Tensor& test, bool correlation);
  /// The next rows, (n, p).
  void look_at(const at::Tensor& rows);
  /// (m) int64, on the CPU.
  at::Tensor found() const { return row_; }

 private:
  at::Tensor prepared(const at::Tensor& rows) const;

  bool correlation_;
  int64_t seen_ = 0;
  at::Tensor test_, similarity_, row_;
};

/// The training sample most like each of these responses, (m, sensor, bin), by correlation. Reads
/// the training responses once, batch by batch.
std::vector<int64_t> most_similar_samples(const SampleSource& train, const at::Tensor& responses);

/// The image of the training sample whose responses are most like the given ones: a nearest
/// neighbour, which shows how much of a result the training set alone explains. It holds its
/// training set; the control (controls.h) reads it by batch.
class RetrievalDecoder : public Decoder {
 public:
  Options options() override { return options_.options(); }
  void build(const DecoderInput& input, const RunContext& run) override;
  /// Errors: no samples.
  void fit(const SampleSource& train, const FitContext& context) override;
  /// "responses" (n, p) float32, "images" (n, 3, size, size) uint8.
  TensorMap state() const override { return {{"responses", responses_}, {"images", images_}}; }
  void load(const TensorMap& state, const std::string& where) override;

 private:
  at::Tensor images_of(const at::Tensor& responses, const ReconstructContext& context) override;
  RetrievalOptions options_;
  int64_t size_ = 0, predictors_ = 0;
  c10::Device device_ = c10::kCPU;
  at::Tensor responses_, images_;
};

}  // namespace afterimage
