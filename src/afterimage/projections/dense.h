#pragma once

#include <string>
#include <vector>

#include <torch/nn/modules/linear.h>

#include "afterimage/projections/projection.h"

namespace afterimage {

/// No receptive fields: one fully connected layer from all responses to `features` coarse maps of
/// `grid` x `grid`, brought to the maps' size by bilinear interpolation. What a decoder can do that
/// must find retinotopy by itself, as in the baselines of MonkeySee and Brain2Pix after Shen et al.
/// (2019), whose generators begin with fully connected layers.
class DenseProjection : public Projection {
 public:
  Options options() override;
  /// Errors: a grid finer than the maps.
  void build(const Sensors& sensors, int64_t bins, int64_t side, const RunContext& run) override;
  int64_t channels() const override { return features_; }
  at::Tensor forward(const at::Tensor& responses) override;
  std::vector<std::string> channel_names() const override;

 private:
  int64_t features_ = 15;
  int64_t grid_ = 16;
  int64_t side_ = 0;
  torch::nn::Linear layer_{nullptr};
};

}  // namespace afterimage
