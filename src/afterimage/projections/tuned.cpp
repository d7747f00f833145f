#include "afterimage/projections/tuned.h"

#include <ATen/ATen.h>

#include "afterimage/base/text.h"
#include "afterimage/projections/gaussian_layout.h"
#include "afterimage/projections/tuned_start.h"

namespace afterimage {

TunedProjection::TunedProjection() { register_module("fields", fields_); }

Options TunedProjection::options() {
  return Options{
             Option("features", features_, "feature maps, the length of a sensor's tuning vector")
                 .range(1, 512),
             Option("tuning_start", tuning_start_,
                    "tuning before training: fitted to image patches, or random")
                 .one_of({"closed-form", "random"})} +
         fields_->options();
}

void TunedProjection::build(const Sensors& sensors, int64_t bins, int64_t side,
                            const RunContext& run) {
  bins_ = bins;
  side_ = side;
  fields_->build(sensors, run, "tuned");
  tuning_ = register_parameter("tuning", at::randn({sensors.count(), bins, features_},
                                                   run.generator("tuning of the projection")) *
                                             0.1);
}

void TunedProjection::start(const SampleSource& train, const RunContext& run) {
  fields_->start(train, run);
  if (tuning_start_ == "random") return;
  const at::NoGradGuard no_grad;
  const auto now = fields_->now();
  tuning_.copy_(fit_tuning(train, {now.x, now.y, now.size}, fields_->active(), features_, run));
}

at::Tensor TunedProjection::forward(const at::Tensor& responses) {
  TORCH_CHECK(responses.dim() == 3 && responses.size(2) == bins_, "responses must be (n, sensor, ",
              bins_, "), got ", responses.sizes());
  const int64_t n = responses.size(0);
  const auto now = fields_->now();
  const auto driven = at::bmm(responses.transpose(0, 1), tuning_)  // (sensor, n, feature)
                      * fields_->active().view({-1, 1, 1});
  const auto weights = driven.permute({1, 2, 0}).reshape({n * features_, -1});
  return lay_out_gaussians(weights, now.x, now.y, now.size, side_)
      .view({n, features_, side_, side_});
}

std::vector<std::string> TunedProjection::channel_names() const {
  return numbered("feature", features_);
}

std::vector<std::string> TunedProjection::notes() const { return fields_->notes(); }

}  // namespace afterimage
