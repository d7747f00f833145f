#pragma once

#include <string>
#include <vector>

#include "afterimage/projections/projection.h"
#include "afterimage/projections/sensor_groups.h"

namespace afterimage {

/// The receptive-field signal image: each response goes to its receptive field, overlaps are
/// averaged,
///   n(x', y') = 1/M(x', y') sum over sensors whose centre is that pixel      (Brain2Pix, Eq. 2)
/// one channel per group of sensors and bin. With `spread` > 0 a sensor covers a Gaussian of its
/// receptive field's size times `spread` instead of one pixel, and M is the sum of the weights,
/// held above `floor` so that a map fades to zero, the mean response, where no sensor looks.
///
/// The map is linear and sparse: one CSR matrix (group * pixels, sensor) built once, one sparse
/// product per batch. Unmapped sensors (NaN), and those whose field lies outside the stimulus, take
/// no part; `unplaced` counts them.
class FixedProjection : public Projection {
 public:
  Options options() override;
  void build(const Sensors& sensors, int64_t bins, int64_t side, const RunContext& run) override;
  int64_t channels() const override { return static_cast<int64_t>(groups_.size()) * bins_; }
  at::Tensor forward(const at::Tensor& responses) override;
  std::vector<std::string> channel_names() const override;
  std::vector<std::string> notes() const override;

  int64_t unplaced() const { return unplaced_; }
  const std::string& group() const { return group_; }

 private:
  std::string group_ = "roi";
  double spread_ = 0;
  double floor_ = 0.5;

  std::vector<SensorGroup> groups_;
  int64_t sensors_ = 0, bins_ = 0, side_ = 0, unplaced_ = 0, unsized_ = 0;
  at::Tensor crow_, column_, weight_;  // CSR of (group * side * side, sensor)
};

}  // namespace afterimage
