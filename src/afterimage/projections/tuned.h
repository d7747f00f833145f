#pragma once

#include <string>
#include <vector>

#include "afterimage/projections/learned_fields.h"
#include "afterimage/projections/projection.h"

namespace afterimage {

/// Every sensor has a Gaussian field and a tuning vector over C feature maps, all learned:
///   M_c(y, x) = sum over sensors s and bins b of r_sb T_sbc exp(-((x-mu_x)^2 + (y-mu_y)^2) /
///                                                              (2 sigma^2))
/// One place of a map may hold sensors that prefer different things, which maps per array or ROI
/// cannot tell apart. Two products: responses with tuning (n, c, s), then with fields (n, c, y, x);
/// no (n, s, c, y, x) tensor.
///
/// Training begins with the tuning that best lays out the first C principal components of image
/// patches, in closed form (tuned_start.h), or at random.
class TunedProjection : public Projection, public HasFields {
 public:
  TunedProjection();

  Options options() override;
  void build(const Sensors& sensors, int64_t bins, int64_t side, const RunContext& run) override;
  /// Errors: more sensors than the closed form has memory for (largest_tuning_problem).
  void start(const SampleSource& train, const RunContext& run) override;
  int64_t channels() const override { return features_; }
  at::Tensor forward(const at::Tensor& responses) override;
  std::vector<ParameterGroup> parameter_groups() const override {
    return {fields_->parameter_group(), {{tuning_}, 1}};
  }
  std::vector<std::string> channel_names() const override;
  std::vector<std::string> notes() const override;
  const HasFields* has_fields() const override { return this; }
  FieldTensors learned_fields() const override { return fields_->now(); }
  at::Tensor placed() const override { return fields_->active(); }
  at::Tensor learned_tuning() const override { return tuning_; }

 private:
  int64_t features_ = 16;
  std::string tuning_start_ = "closed-form";
  LearnedFields fields_;
  at::Tensor tuning_;  // (sensor, bin, feature)
  int64_t bins_ = 0, side_ = 0;
};

}  // namespace afterimage
