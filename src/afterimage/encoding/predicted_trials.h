#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/encoding/encoding_model.h"
#include "afterimage/encoding/further_images.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// Real samples and, after them, predicted ones: further images with the responses that an encoding
/// model predicts, and noise. Predicted samples are made when first asked for, all at once where
/// they fit into `memory_limit`, else batch by batch; the same each time.
class PredictedTrials : public SampleSource {
 public:
  struct Settings {
    int64_t count = 0;
    double average = 1;        ///< how many trials each predicted sample averages
    double noise = 1;          ///< times the noise of that
    int64_t memory_limit = 0;  ///< bytes
  };

  /// All of it must outlive it.
  PredictedTrials(const SampleSource& real, const FurtherImages& further,
                  const EncodingModel& encoder, const Settings& settings, const RunContext& run);

  const std::vector<int64_t>& stimulus() const override { return stimulus_; }
  std::vector<std::string> photographs() const override;
  Captions captions() const override { return real_.captions(); }
  const std::vector<int64_t>& trials_averaged() const override { return trials_averaged_; }
  int64_t sensors() const override { return real_.sensors(); }
  int64_t bins() const override { return real_.bins(); }
  int64_t image_size() const override { return real_.image_size(); }
  int64_t channels() const override { return real_.channels(); }
  int64_t recorded() const override { return real_.recorded(); }
  at::Tensor responses(const std::vector<int64_t>& rows) const override;
  at::Tensor images(const std::vector<int64_t>& rows) const override;
  std::string where() const override { return real_.where(); }

 private:
  using Numbers = std::vector<int64_t>;
  bool keeps() const;
  void make_all() const;
  at::Tensor made_images(const Numbers& numbers) const;  // (n, 3, size, size) uint8
  at::Tensor made_responses(const Numbers& numbers, const at::Tensor& images) const;
  /// Rows of the real source and of the predicted samples, put together in the order asked for.
  template <typename Real, typename Predicted>
  at::Tensor together(const std::vector<int64_t>& rows, Real real, Predicted predicted) const;

  const SampleSource& real_;
  const FurtherImages& further_;
  const EncodingModel& encoder_;
  Settings settings_;
  RunContext run_;
  std::vector<int64_t> stimulus_, trials_averaged_;
  mutable at::Tensor images_, responses_;  // kept: uint8, float32
};

}  // namespace afterimage
