#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// Samples that lie in memory.
class ArraySource : public SampleSource {
 public:
  /// `responses` (n, sensor, bin) float32, standardised. `images` (n, 3, size, size), uint8 or
  /// floating in [0,1]; undefined where they are only to be reconstructed. `stimulus`: what each
  /// sample shows; none: each another one. `photographs`: what it was cut from; none: the stimulus.
  /// Errors, at "samples": shapes and lengths that do not fit, other types.
  ArraySource(at::Tensor responses, at::Tensor images, std::vector<int64_t> stimulus = {},
              std::vector<std::string> photographs = {});

  const std::vector<int64_t>& stimulus() const override { return stimulus_; }
  std::vector<std::string> photographs() const override;
  const std::vector<int64_t>& trials_averaged() const override { return trials_averaged_; }
  int64_t sensors() const override { return responses_.size(1); }
  int64_t bins() const override { return responses_.size(2); }
  int64_t image_size() const override { return images_.defined() ? images_.size(2) : 0; }
  int64_t channels() const override { return 3; }
  at::Tensor responses(const std::vector<int64_t>& rows) const override;
  at::Tensor images(const std::vector<int64_t>& rows) const override;
  std::string where() const override { return "samples"; }
  std::string fingerprint() const override;

 private:
  at::Tensor responses_, images_;
  std::vector<int64_t> stimulus_, trials_averaged_;
  std::vector<std::string> photographs_;
};

}  // namespace afterimage
