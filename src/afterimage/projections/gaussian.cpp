#include "afterimage/projections/gaussian.h"

#include <ATen/ATen.h>

#include "afterimage/base/text.h"
#include "afterimage/projections/gaussian_layout.h"

namespace afterimage {

GaussianProjection::GaussianProjection() { register_module("fields", fields_); }

Options GaussianProjection::options() {
  return Options{Option("group", group_, "sensors that share a channel").one_of({"roi", "array"})} +
         fields_->options();
}

void GaussianProjection::build(const Sensors& sensors, int64_t bins, int64_t side,
                               const RunContext& run) {
  bins_ = bins;
  side_ = side;
  fields_->build(sensors, run, "gaussian");
  groups_ = sensor_groups(sensors, group_);
  for (size_t g = 0; g < groups_.size(); ++g) {
    members_.push_back(
        register_buffer(concat("members_", g), at::tensor(groups_[g].sensors, at::kLong)));
  }
}

at::Tensor GaussianProjection::forward(const at::Tensor& responses) {
  TORCH_CHECK(responses.dim() == 3 && responses.size(2) == bins_, "responses must be (n, sensor, ",
              bins_, "), got ", responses.sizes());
  const int64_t n = responses.size(0);
  const auto now = fields_->now();
  const auto weights = (responses * fields_->active().unsqueeze(1))
                           .transpose(1, 2)
                           .reshape({n * bins_, -1});  // (n * bin, sensor)
  std::vector<at::Tensor> maps;
  for (const auto& members : members_) {
    const auto pick = [&](const at::Tensor& values) { return values.index_select(-1, members); };
    maps.push_back(lay_out_gaussians(pick(weights), pick(now.x), pick(now.y), pick(now.size), side_)
                       .view({n, bins_, side_, side_}));
  }
  return at::cat(maps, 1);  // (n, group * bin, y, x)
}

std::vector<std::string> GaussianProjection::channel_names() const {
  return group_channel_names(groups_, bins_);
}

std::vector<std::string> GaussianProjection::notes() const { return fields_->notes(); }

}  // namespace afterimage
