#include "afterimage/simulation/tuning.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace afterimage::simulator {
namespace {

constexpr double kPreference = 0.7;    // SD of the log of a sensor's shares around its area's
constexpr double kScaleScatter = 0.5;  // SD of the preferred scale, octaves
constexpr int64_t kMixed = 4;          // principal components per sensor

/// Draws the weights of one sensor.
class Weights {
 public:
  Weights(const RoiModel& roi, double size, at::Generator& generator)
      : roi_(roi), size_(size), generator_(generator) {}

  std::array<at::Tensor, kFamilies> draw() {
    std::array<double, 6> shares = {roi_.shares.luminance, roi_.shares.colour,
                                    roi_.shares.contrast,  roi_.shares.orientation,
                                    roi_.shares.shape,     roi_.shares.object};
    double sum = 0;
    for (auto& share : shares) sum += share *= std::exp(kPreference * normal());
    for (auto& share : shares) share = std::sqrt(share / sum);
    auto near = at::zeros({kLocalFeatures}, at::kDouble);
    near[luminance] = shares[0] * sign();
    const double hue = 2 * std::numbers::pi * uniform();
    near[red_green] = shares[1] * std::cos(hue);
    near[blue_yellow] = shares[1] * std::sin(hue);
    near[contrast + static_cast<int64_t>(kContrasts * uniform())] = shares[2];
    near.narrow(0, orientation, kScales * kOrientations).copy_(shares[3] * oriented());
    return {near, shares[4] * mixture(FeatureBank::kShapes),
            shares[5] * mixture(FeatureBank::kObjects)};
  }

 private:
  double uniform() { return at::rand({}, generator_, at::kDouble).item<double>(); }
  double normal() { return at::randn({}, generator_, at::kDouble).item<double>(); }
  double sign() { return uniform() < 0.5 ? -1 : 1; }

  /// Tuning cos^4 around a random orientation, at the scale whose wavelength is nearest to four
  /// standard deviations of the field (give or take), of unit norm.
  at::Tensor oriented() {
    const double octave = std::log2(4 * size_ / (4.0 / 64)) + kScaleScatter * normal();
    const auto scale = std::clamp<int64_t>(std::lround(octave), 0, kScales - 1);
    const double preferred = std::numbers::pi * uniform();
    auto weights = at::zeros({kScales, kOrientations}, at::kDouble);
    for (int64_t k = 0; k < kOrientations; ++k) {
      const double angle = std::numbers::pi * static_cast<double>(k) / kOrientations;
      weights[scale][k] = std::pow(std::cos(angle - preferred), 4);
    }
    return (weights / weights.norm()).flatten();
  }

  /// A few of the components, of unit norm.
  at::Tensor mixture(int64_t components) {
    const auto chosen = at::randperm(components, generator_, at::kLong).narrow(0, 0, kMixed);
    const auto values = at::randn({kMixed}, generator_, at::kDouble);
    return at::zeros({components}, at::kDouble).index_put({chosen}, values / values.norm());
  }

  const RoiModel& roi_;
  double size_;
  at::Generator& generator_;
};

}  // namespace

Tuning::Tuning(const BrainModel& brain, const Geometry& geometry, at::Generator generator)
    : sensors_(geometry.sensors) {
  std::array<std::vector<at::Tensor>, kFamilies> rows;
  for (int64_t s = 0; s < sensors_.count(); ++s) {
    const auto i = static_cast<size_t>(s);
    const RoiModel& roi = brain.rois[static_cast<size_t>(geometry.roi[i])];
    auto drawn = Weights(roi, sensors_.size[i], generator).draw();
    for (size_t f = 0; f < kFamilies; ++f) rows[f].push_back(drawn[f]);
  }
  for (size_t f = 0; f < kFamilies; ++f) {
    weights_[f] = at::stack(rows[f]).to(at::kFloat);  // (sensor, feature)
    members_[f] = weights_[f].abs().amax(1).nonzero().flatten();
  }
}

std::array<bool, kFamilies> Tuning::needed() const {
  return {members_[local].numel() > 0, members_[shape].numel() > 0, members_[object].numel() > 0};
}

std::vector<int64_t> Tuning::members(Family family) const {
  const auto& list = members_[family];
  return {list.const_data_ptr<int64_t>(), list.const_data_ptr<int64_t>() + list.numel()};
}

at::Tensor Tuning::pooled(const at::Tensor& maps, const at::Tensor& fields) const {
  const int64_t n = maps.size(0), features = maps.size(1);
  // (n, feature, y, x) -> (n * feature, y * x) x (y * x, member) -> (n, feature, member)
  return maps.reshape({n * features, -1}).matmul(fields).reshape({n, features, -1});
}

void Tuning::calibrate(const FeatureMaps& maps) {
  for (const Family family : {local, shape, object}) {
    if (members_[family].numel() == 0) continue;
    auto& pool = pools_[family];
    pool.fields =
        gaussian_fields(sensors_, members(family), maps[family].size(2)).to(maps[family].device());
    const auto spread = pooled(maps[family], pool.fields).std(0, /*unbiased=*/false);
    const auto weights = weights_[family].index_select(0, members_[family]).t();
    pool.weights = weights.to(spread.device()) / (spread + 1e-6);
  }
}

at::Tensor Tuning::drive(const FeatureMaps& maps) const {
  at::Tensor drives;
  for (const Family family : {local, shape, object}) {
    if (members_[family].numel() == 0) continue;
    const auto& pool = pools_[family];
    const auto part = (pooled(maps[family], pool.fields) * pool.weights).sum(1);  // (n, member)
    if (!drives.defined()) drives = part.new_zeros({part.size(0), sensors_.count()});
    drives.index_add_(1, members_[family].to(part.device()), part);
  }
  return drives;
}

at::Tensor standardised_signals(const at::Tensor& drives, const at::Tensor& training) {
  const auto values = drives.to(at::kDouble);
  const auto chosen = values.index_select(0, training);
  const auto spread = chosen.std(0, /*unbiased=*/false, /*keepdim=*/true);
  const auto centred = values - chosen.mean(0, /*keepdim=*/true);
  return at::where(spread > 1e-9, centred / spread.clamp_min(1e-9), at::zeros_like(centred));
}

at::Tensor signals_from_drives(const at::Tensor& drives, const at::Tensor& training) {
  const auto z = standardised_signals(drives, training);
  return standardised_signals(3 * (z / 3).tanh(), training).to(at::kFloat);
}

}  // namespace afterimage::simulator
