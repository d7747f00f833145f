#include "afterimage/projections/attention.h"

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>
#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/projections/attention_core.h"
#include "afterimage/projections/attention_direct.h"

namespace afterimage {

namespace {

/// The sensors by electrode array, or by ROI in a recording without arrays.
std::vector<SensorGroup> arrays_or_rois(const Sensors& sensors) {
  const bool any = std::any_of(sensors.array.begin(), sensors.array.end(),
                               [](int64_t array) { return array >= 0; });
  return sensor_groups(sensors, any ? "array" : "roi");
}

}  // namespace

Options AttentionProjection::options() {
  return {
      Option("features", features_, "feature maps, C; even").range(2, 512),
      Option("kernel", kernel_, "side of the score convolution, k").range(1, 15).unit("pixels"),
      Option("embedding", embedding_kind_,
             "of an array: affine (paper), or with BatchNorm and ReLU behind (public code)")
          .one_of({"affine", "batchnorm-relu"}),
      Option("rate", rate_, "learning rate of the attention over that of the network")
          .range(0, 1000),
      Option("groups", parts_,
             "parts each array is split into (each ROI, where the recording has no arrays)")
          .range(1, 256),
      Option("split", split_, "how: by the position of their fields, or at random")
          .one_of({"position", "random"}),
      Option("absent", absent_, "arrays left out, by name (\"V1 array 3\")"),
  };
}

void AttentionProjection::build(const Sensors& sensors, int64_t bins, int64_t side,
                                const RunContext& run) {
  if (features_ % 2 != 0) {
    throw Error("projection.features",
                concat("is ", features_, ", and half of them code x, half y"),
                concat("Give an even number, such as ", features_ + 1));
  }
  bins_ = bins;
  side_ = side;
  groups_ = split_groups(arrays_or_rois(sensors), sensors, parts_, split_);
  std::vector<int64_t> inputs;
  for (size_t h = 0; h < groups_.size(); ++h) {
    const auto& rows = groups_[h].sensors;
    members_.push_back(register_buffer(concat("members_", h), at::tensor(rows, at::kLong)));
    inputs.push_back(static_cast<int64_t>(rows.size()) * bins);
  }
  const auto heads = static_cast<int64_t>(groups_.size()), c = features_;
  const auto random = run.generator("initialisation of the projection");
  embedding_ = register_module(
      "embedding", MultiheadEmbedding(inputs, c / 2, embedding_kind_ != "affine", random));
  const auto normal = [&] {
    return at::randn({c / 2, side}, random) / std::sqrt(static_cast<double>(c));
  };
  const auto add = [&](const char* name, at::IntArrayRef shape, int64_t fan_in) {
    return register_parameter(name, default_weight(shape, fan_in, random));
  };
  position_x_ = register_parameter("position_x", normal());
  position_y_ = register_parameter("position_y", normal());
  key_weight_ = add("key_weight", {heads, c, c}, c);
  key_bias_ = add("key_bias", {heads, c}, c);
  value_weight_ = add("value_weight", {heads, c, c}, c);
  value_bias_ = add("value_bias", {heads, c}, c);
  score_weight_ = add("score_weight", {c, c, kernel_, kernel_}, c * kernel_ * kernel_);
  score_bias_ = add("score_bias", {c}, c * kernel_ * kernel_);
  std::vector<bool> present(groups_.size(), true);
  for (const auto& name : absent_) present[find_array(name, "projection.absent")] = false;
  set_present(present);
}

size_t AttentionProjection::find_array(const std::string& name, const std::string& where) const {
  const auto names = arrays();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw Error(where, concat("'", name, "' is no array of this recording"),
                concat("It has ", join(names, ", ")));
  }
  return static_cast<size_t>(found - names.begin());
}

void AttentionProjection::set_present(const std::vector<bool>& present) {
  TORCH_CHECK(present.size() == groups_.size(), "one entry per array: ", groups_.size());
  if (std::none_of(present.begin(), present.end(), [](bool one) { return one; })) {
    throw Error("projection.absent", "leaves no array", "Leave at least one in");
  }
  present_ = at::empty({static_cast<int64_t>(present.size())}, at::kBool);
  for (size_t h = 0; h < present.size(); ++h) present_[static_cast<int64_t>(h)] = bool{present[h]};
}

std::vector<bool> AttentionProjection::present() const {
  std::vector<bool> present;
  for (int64_t h = 0; h < present_.numel(); ++h) present.push_back(present_[h].item<bool>());
  return present;
}

/// Which arrays have a response in which sample (n, h); refuses a sample without any.
at::Tensor AttentionProjection::answering(const at::Tensor& missing) const {
  std::vector<at::Tensor> answers;
  for (const auto& members : members_) {
    answers.push_back(missing.index_select(1, members).flatten(1).all(1).logical_not());
  }
  const auto present =
      at::stack(answers, 1).logical_and(present_.to(missing.device()).unsqueeze(0));
  TORCH_CHECK(present.any(1).all().item<bool>(), "a sample has no response of any array");
  return present;
}

/// Scores of the samples' part: the kernel's taps inside each border class, summed over both axes.
at::Tensor AttentionProjection::score(const at::Tensor& keys) const {  // (h, n, C)
  const auto& taps = grid_->taps;
  const auto kernel = at::matmul(at::matmul(taps, score_weight_), taps.t());  // (C, C, ry, rx)
  return at::tensordot(keys, kernel, {2}, {1}).permute({2, 0, 3, 1, 4});      // (c, h, ry, n, rx)
}

/// Scores of one axis' part: a convolution along it for each class of the other axis.
at::Tensor AttentionProjection::score_along(const at::Tensor& keys, bool along_x) const {
  const auto& taps = grid_->taps;
  const auto kernel = along_x ? at::matmul(taps, score_weight_).permute({1, 3, 0, 2})
                              : at::matmul(score_weight_, taps.t()).permute({1, 2, 0, 3});
  const auto padded = at::constant_pad_nd(keys, {grid_->axis.pad_before, grid_->axis.pad_after});
  const auto windows = padded.unfold(2, kernel_, 1).permute({0, 2, 1, 3});  // (h, i, C, k)
  const auto scores =
      at::mm(windows.reshape({-1, features_ * kernel_}), kernel.reshape({features_ * kernel_, -1}));
  return scores.view({keys.size(0), side_, features_, -1}).permute({2, 0, 3, 1});  // (c, h, r, i)
}

AttentionParts AttentionProjection::parts(const at::Tensor& responses) {
  TORCH_CHECK(responses.dim() == 3 && responses.size(2) == bins_, "responses must be (n, sensor, ",
              bins_, "), got ", responses.sizes());
  const auto options = score_weight_.options().requires_grad(false);
  if (!grid_ || grid_->taps.scalar_type() != score_weight_.scalar_type() ||
      grid_->taps.device() != score_weight_.device()) {
    grid_ = c10::make_intrusive<AttentionGrid>(side_, kernel_, options);
  }
  const auto missing = responses.isnan();
  const auto given = responses.masked_fill(missing, 0).to(options.dtype());
  std::vector<at::Tensor> arrays;
  for (const auto& members : members_) {
    arrays.push_back(given.index_select(1, members).flatten(1));  // (n, sensor * bin)
  }
  const auto embedded = embedding_(arrays).transpose(0, 1);  // (h, n, C/2)
  const auto x_half = [this](const at::Tensor& w) { return w.narrow(2, 0, features_ / 2); };
  const auto y_half = [this](const at::Tensor& w) {
    return w.narrow(2, features_ / 2, features_ / 2);
  };
  const auto of_sample = [&](const at::Tensor& weight, const at::Tensor& bias) {
    return at::baddbmm(bias.unsqueeze(1), embedded,
                       (x_half(weight) + y_half(weight)).transpose(1, 2));  // (h, n, C)
  };
  const double scale = 1 / std::sqrt(static_cast<double>(features_ * kernel_ * kernel_));
  const auto key_weight = key_weight_ * scale, key_bias = key_bias_ * scale;

  AttentionParts parts;
  const auto absent =
      answering(missing).logical_not().t().unsqueeze(1).unsqueeze(3);  // (h, 1, n, 1)
  parts.score = score(of_sample(key_weight, key_bias))
                    .masked_fill(absent, -std::numeric_limits<double>::infinity());
  parts.score_x = score_along(at::matmul(x_half(key_weight), position_x_), true);
  parts.score_y = score_along(at::matmul(y_half(key_weight), position_y_), false);
  parts.value = of_sample(value_weight_, value_bias_).permute({2, 0, 1});          // (c, h, n)
  parts.value_x = at::matmul(x_half(value_weight_), position_x_).transpose(0, 1);  // (c, h, x)
  parts.value_y = at::matmul(y_half(value_weight_), position_y_).transpose(0, 1);  // (c, h, y)
  return parts;
}

at::Tensor AttentionProjection::forward(const at::Tensor& responses) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  const auto all = parts(responses);
  return attend(all, grid_);
}

at::Tensor AttentionProjection::weights(const at::Tensor& responses) {
  const at::NoGradGuard no_grad;
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  const auto all = parts(responses);
  return direct_weights(all, *grid_, {0, side_, 0, side_})
      .permute({3, 1, 0, 2, 4});  // (n, h, c, y, x)
}

at::Tensor AttentionProjection::attention(const at::Tensor& responses) {
  eval();
  return weights(responses.to(key_weight_.device()));
}

std::vector<std::string> AttentionProjection::arrays() const {
  std::vector<std::string> names;
  for (const auto& group : groups_) names.push_back(group.name);
  return names;
}

std::vector<std::string> AttentionProjection::channel_names() const {
  std::vector<std::string> names;
  for (int64_t c = 0; c < features_; ++c) names.push_back(concat("feature ", c));
  return names;
}

std::vector<std::string> AttentionProjection::notes() const {
  if (groups_.size() > 1) return {};
  return {
      "the recording has neither several arrays nor several ROIs, so the attention has nothing to "
      "choose from: --set projection.groups=8 splits the sensors by the position of their fields "
      "(with --set projection.split=random at random)"};
}

}  // namespace afterimage
