#include "afterimage/encoding/sensor_features.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "afterimage/fields/visual_features.h"
#include "afterimage/simulation/features.h"

namespace afterimage {
namespace {

constexpr int64_t kImagesForComponents = 512;
constexpr int64_t kWholeComponents = 128;

/// Of about `most` samples, evenly spread.
at::Tensor some_images(const SampleSource& train, int64_t most) {
  std::vector<int64_t> rows;
  const int64_t used = std::min(most, train.count());
  for (int64_t i = 0; i < used; ++i) rows.push_back(i * train.count() / used);
  return train.images(rows);
}

}  // namespace

SensorFeatures::SensorFeatures(const EncodingOptions& options, const Sensors& sensors,
                               const std::string& weights)
    : options_(options) {
  Group with{{}, true}, without{{}, false};
  for (int64_t i = 0; i < sensors.count(); ++i) {
    const auto s = static_cast<size_t>(i);
    if (!sensors.mapped(i)) {
      without.sensors.push_back(i);
      continue;
    }
    with.sensors.push_back(i);
    const bool sized = std::isfinite(sensors.size[s]) && sensors.size[s] > 0;
    fields_.push_back({sensors.x[s], sensors.y[s], sized ? sensors.size[s] : options.size});
  }
  for (auto& group : {with, without}) {
    if (!group.sensors.empty()) groups_.push_back(group);
  }
  if (options.features == "network" || options.features == "all") {
    network_ = std::make_unique<NetworkFeatures>(load_feature_network("squeezenet", weights));
  }
}

std::vector<SensorFeatures::Maps> SensorFeatures::maps(const at::Tensor& images) const {
  std::vector<Maps> all;
  if (options_.features != "network") {
    const bool as_it_is = images.size(2) == side_ && images.size(3) == side_;
    const auto shown = as_it_is ? images
                                : at::_upsample_bilinear2d_aa(images, {side_, side_},
                                                              /*align_corners=*/false);
    const auto local =
        options_.features == "early" ? early_features(shown) : simulator::local_features(shown);
    all.push_back({local, even_cells(local.size(3))});
  }
  if (network_ == nullptr) return all;
  const auto layers = network_->maps(images);
  for (size_t l = 0; l < layers.size(); ++l) {
    all.push_back({layers[l], NetworkFeatures::cells(l, layers[l].size(3))});
  }
  return all;
}

void SensorFeatures::place_fields() {
  pooling_.clear();
  const bool local = options_.features != "network";
  for (const auto& [values, cells] : maps(at::zeros({1, 3, side_, side_}))) {
    pooling_.emplace_back(fields_, cells, /*coarser=*/local && pooling_.empty());
  }
}

at::Tensor SensorFeatures::under_fields(const std::vector<Maps>& maps) const {
  std::vector<at::Tensor> parts;
  for (size_t k = 0; k < maps.size(); ++k) parts.push_back(pooling_[k](maps[k].values));
  return at::cat(parts, 2);
}

/// (n, p): light and colour at up to 16 x 16 places, all else at 4 x 4.
at::Tensor SensorFeatures::coarse(const std::vector<Maps>& maps) const {
  const auto reduced = [](const at::Tensor& map, int64_t most) {
    const int64_t side = std::min(most, map.size(3));
    return at::adaptive_avg_pool2d(map, {side, side}).flatten(2).flatten(1);
  };
  std::vector<at::Tensor> parts;
  for (const auto& [values, cells] : maps) {
    const bool first = parts.empty() && options_.features != "network";
    if (first) parts.push_back(reduced(values.narrow(1, 0, 3), 16));
    parts.push_back(reduced(first ? values.slice(1, 3) : values, 4));
  }
  return at::cat(parts, 1);
}

void SensorFeatures::fit(const SampleSource& train) {
  const auto images = some_images(train, kImagesForComponents);
  side_ = std::clamp<int64_t>(train.image_size() / 4 * 4, 16, 64);  // a multiple of 4
  if (network_ != nullptr) network_->fit(images, options_.components);
  if (!fields_.empty()) place_fields();
  if (groups_.back().has_fields) return;
  const auto x = coarse(maps(images)).to(at::kDouble);
  mean_ = x.mean(0);
  const auto centred = x - mean_;
  const auto [u, s, v] = at::linalg_svd(centred, /*full_matrices=*/false);  // v: (k, p)
  const int64_t count = std::min({kWholeComponents, x.size(0) - 1, x.size(1)});
  // The first has variance 1, the others keep their ratio to it: ridge prefers the large ones.
  const double first = s[0].item<double>() / std::sqrt(static_cast<double>(x.size(0)));
  basis_ = (v.narrow(0, 0, count).t() / std::max(first, 1e-12)).to(at::kFloat).contiguous();
  mean_ = mean_.to(at::kFloat);
}

std::vector<at::Tensor> SensorFeatures::of(const at::Tensor& images) const {
  const auto all = maps(images);
  std::vector<at::Tensor> predictors;
  for (const auto& group : groups_) {
    predictors.push_back(group.has_fields ? under_fields(all)
                                          : (coarse(all) - mean_).mm(basis_).unsqueeze(0));
  }
  return predictors;
}

TensorMap SensorFeatures::state() const {
  TensorMap state;
  if (network_ != nullptr) state = network_->state();
  state["side"] = at::scalar_tensor(side_, at::kLong);
  if (basis_.defined()) {
    state["whole.mean"] = mean_;
    state["whole.basis"] = basis_;
  }
  return state;
}

void SensorFeatures::load(const TensorMap& state) {
  side_ = state.at("side").item<int64_t>();
  if (network_ != nullptr) network_->load(state);
  if (!fields_.empty()) place_fields();
  if (groups_.back().has_fields) return;
  mean_ = state.at("whole.mean");
  basis_ = state.at("whole.basis");
}

}  // namespace afterimage
