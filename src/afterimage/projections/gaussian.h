#pragma once

#include <string>
#include <vector>

#include "afterimage/projections/learned_fields.h"
#include "afterimage/projections/projection.h"
#include "afterimage/projections/sensor_groups.h"

namespace afterimage {

/// MonkeySee's inverse receptive field layer (end to end; Fig. 6): each response times a learnable
/// Gaussian on the map's grid, summed per array (or ROI) and bin,
///   M_g(y, x) = sum over sensors s of group g of r_s exp(-((x-mu_x)^2 + (y-mu_y)^2) / (2 sigma^2))
/// Channels: group by group, and within a group bin by bin.
class GaussianProjection : public Projection, public HasFields {
 public:
  GaussianProjection();

  Options options() override;
  void build(const Sensors& sensors, int64_t bins, int64_t side, const RunContext& run) override;
  void start(const SampleSource& train, const RunContext& run) override {
    fields_->start(train, run);
  }
  int64_t channels() const override { return static_cast<int64_t>(groups_.size()) * bins_; }
  at::Tensor forward(const at::Tensor& responses) override;
  std::vector<ParameterGroup> parameter_groups() const override {
    return {fields_->parameter_group()};
  }
  std::vector<std::string> channel_names() const override;
  std::vector<std::string> notes() const override;
  const HasFields* has_fields() const override { return this; }
  FieldTensors learned_fields() const override { return fields_->now(); }
  at::Tensor placed() const override { return fields_->active(); }

 private:
  std::string group_ = "array";
  LearnedFields fields_;
  std::vector<SensorGroup> groups_;
  std::vector<at::Tensor> members_;  // of each group: rows of the sensors
  int64_t bins_ = 0, side_ = 0;
};

}  // namespace afterimage
