#include "afterimage/projections/learned.h"

#include <ATen/ATen.h>

#include <cmath>

#include "afterimage/base/text.h"

namespace afterimage {

LearnedProjection::LearnedProjection() : fixed_(std::make_shared<FixedProjection>()) {}

Options LearnedProjection::options() {
  return Options{Option("base", base_,
                        "what the dense layers are added to: the map of fixed receptive fields, or "
                        "nothing (no fields are needed)")
                     .one_of({"fixed", "none"}),
                 Option("rank", rank_,
                        "rank of each dense layer's weights, for many sensors and pixels; 0 = full")
                     .range(0, 65536),
                 Option("initialise", initialise_,
                        "its first weights: N(0, .02) (Brain2Pix's code), or uniform within .07 "
                        "(MXNet's default, Brain2Pix's fully connected baseline)")
                     .one_of({"normal", "uniform"}),
                 Option("rate", rate_, "learning rate of the dense layers over the network's")
                     .range(0, 1000)} +
         fixed_->options();
}

void LearnedProjection::begin(at::Tensor weight, double deviation, const at::Generator& generator) {
  const at::NoGradGuard no_grad;
  // A uniform distribution within r deviates by r / sqrt(3).
  const auto drawn = initialise_ == "normal"
                         ? at::randn(weight.sizes(), generator)
                         : (at::rand(weight.sizes(), generator) * 2 - 1) * std::sqrt(3.0);
  weight.copy_(drawn * deviation);
}

void LearnedProjection::build(const Sensors& sensors, int64_t bins, int64_t side,
                              const RunContext& run) {
  sensors_ = sensors.count();
  bins_ = bins;
  side_ = side;
  groups_ = sensor_groups(sensors, fixed_->group());
  if (has_base()) {
    fixed_->build(sensors, bins, side, run);
    register_module("fixed", fixed_);
  }
  const auto generator = run.generator("initialisation of the projection");
  const double deviation = initialise_ == "normal" ? 0.02 : 0.07 / std::sqrt(3.0);
  // Of two factors, so that the sum over `rank` products deviates as the full matrix does.
  const double factor =
      rank_ == 0 ? deviation : std::sqrt(deviation / std::sqrt(static_cast<double>(rank_)));
  for (size_t g = 0; g < groups_.size(); ++g) {
    const auto count = std::ssize(groups_[g].sensors), pixels = side * side;
    members_.push_back(
        register_buffer(concat("members_", g), at::tensor(groups_[g].sensors, at::kLong)));
    if (rank_ > 0) {
      down_.push_back(register_parameter(concat("down_", g), at::empty({rank_, count})));
      begin(down_[g], factor, generator);
    }
    weight_.push_back(
        register_parameter(concat("weight_", g), at::empty({pixels, rank_ > 0 ? rank_ : count})));
    begin(weight_[g], factor, generator);
    bias_.push_back(register_parameter(concat("bias_", g), at::zeros({pixels})));
  }
}

at::Tensor LearnedProjection::forward(const at::Tensor& responses) {
  TORCH_CHECK(responses.dim() == 3 && responses.size(2) == bins_, "responses must be (n, sensor, ",
              bins_, "), got ", responses.sizes());
  const int64_t n = responses.size(0);
  std::vector<at::Tensor> maps;
  for (size_t g = 0; g < groups_.size(); ++g) {
    auto x = responses.index_select(1, members_[g])
                 .transpose(1, 2)
                 .reshape({n * bins_, -1})
                 .to(weight_[g].scalar_type());  // (n * bin, sensor)
    if (rank_ > 0) x = at::linear(x, down_[g]);  // (n * bin, rank)
    maps.push_back(at::linear(x, weight_[g], bias_[g]).view({n, bins_, side_, side_}));
  }
  const auto learned = at::cat(maps, 1);  // (n, group * bin, y, x)
  return has_base() ? learned + fixed_->forward(responses) : learned;
}

std::vector<std::string> LearnedProjection::channel_names() const {
  return group_channel_names(groups_, bins_);
}

std::vector<std::string> LearnedProjection::notes() const {
  if (!has_base() || fixed_->unplaced() == 0) return {};
  return {concat(fixed_->unplaced(), " of ", sensors_,
                 " sensors have no receptive field on the stimulus: the dense layers alone say "
                 "where they go")};
}

}  // namespace afterimage
