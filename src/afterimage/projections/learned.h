#pragma once

#include <string>
#include <vector>

#include "afterimage/projections/fixed.h"
#include "afterimage/projections/projection.h"
#include "afterimage/projections/sensor_groups.h"

namespace afterimage {

/// Brain2Pix's learned receptive fields (Le et al. 2022, Eq. 4): the fixed map plus a dense layer
/// per group of sensors, the same one for every bin,
///   n(x', y') = sum over sensors (delta(x', y') / M(x', y') + V(x', y')) n  + bias(x', y'),
/// one channel per group and bin, as the fixed projection has them. V begins at N(0, .02), the
/// bias, which the paper's equation lacks and its code has, at 0. Sensors without a receptive field
/// take part through V alone.
///
/// With `rank` > 0 V is a product (pixels, rank) (rank, sensors) of two matrices whose product
/// begins with the same deviation: pixels times sensors weights are 50 million per 96 px ROI of
/// 5,000 voxels. With `base` = "none" there is no fixed map and no need of receptive fields
/// (Brain2Pix's fully connected baseline).
class LearnedProjection : public Projection {
 public:
  LearnedProjection();
  Options options() override;
  /// Errors: none of the sensors has a receptive field (with base = "fixed").
  void build(const Sensors& sensors, int64_t bins, int64_t side, const RunContext& run) override;
  int64_t channels() const override { return static_cast<int64_t>(groups_.size()) * bins_; }
  at::Tensor forward(const at::Tensor& responses) override;
  std::vector<ParameterGroup> parameter_groups() const override { return {{parameters(), rate_}}; }
  std::vector<std::string> channel_names() const override;
  std::vector<std::string> notes() const override;

 private:
  void begin(at::Tensor weight, double deviation, const at::Generator& generator);
  bool has_base() const { return base_ == "fixed"; }

  std::string base_ = "fixed";
  int64_t rank_ = 0;
  std::string initialise_ = "normal";
  double rate_ = 1;

  std::shared_ptr<FixedProjection> fixed_;
  std::vector<SensorGroup> groups_;
  int64_t sensors_ = 0, bins_ = 0, side_ = 0;
  std::vector<at::Tensor> members_;               // of each group, rows of sensors
  std::vector<at::Tensor> down_, weight_, bias_;  // (rank, sensor), (pixels, sensor or rank)
};

}  // namespace afterimage
