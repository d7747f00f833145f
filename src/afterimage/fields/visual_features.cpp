#include "afterimage/fields/visual_features.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "afterimage/fields/network_features.h"

namespace afterimage {
namespace {

constexpr int64_t kBatch = 64;
constexpr int64_t kOrientations = 4, kScales = 3;

/// Even and odd Gabors of unit norm, blind to a constant: (2 * kOrientations, 1, 9, 9).
at::Tensor gabors() {
  const auto axis = at::arange(-4, 5, at::kDouble);
  const auto y = axis.unsqueeze(1), x = axis.unsqueeze(0);
  const auto window = at::exp(-(x * x + y * y) / (2 * 1.8 * 1.8));
  std::vector<at::Tensor> filters;
  for (const double phase : {0.0, std::numbers::pi / 2}) {
    for (int64_t k = 0; k < kOrientations; ++k) {
      const double angle = std::numbers::pi * static_cast<double>(k) / kOrientations;
      const auto across = std::cos(angle) * y - std::sin(angle) * x;
      auto filter = window * at::cos(across * (2 * std::numbers::pi / 4.5) - phase);
      filter = filter - window * (filter.sum() / window.sum());
      filters.push_back(filter / filter.norm());
    }
  }
  return at::stack(filters).unsqueeze(1).to(at::kFloat);
}

at::Tensor energy(const at::Tensor& light, const at::Tensor& filters) {
  const auto pair = at::conv2d(at::replication_pad2d(light, {4, 4, 4, 4}), filters).chunk(2, 1);
  return (pair[0].square() + pair[1].square() + 1e-6).sqrt();
}

/// Calls use(half, first row of it, images) for all stimuli.
template <typename Use>
void for_images(const FieldData& data, Use use) {
  for (int half = 0; half < 2; ++half) {
    for (int64_t first = 0; first < data.rows_of(half); first += kBatch) {
      const int64_t n = std::min(kBatch, data.rows_of(half) - first);
      use(half, first, data.float_images(data.start_of(half) + first, n));
    }
  }
}

void add_local(const FieldData& data, std::vector<FeatureMaps>& all) {
  const int64_t features = 3 + kScales * kOrientations;
  auto& maps = all.emplace_back(features, even_cells(data.side()),
                                std::array{data.rows_of(0), data.rows_of(1)}, 3);
  for_images(data, [&](int half, int64_t first, const at::Tensor& images) {
    maps.set(half, first, early_features(images));
  });
}

void add_network(const FieldData& data, NetworkFeatures& network, int64_t count,
                 std::vector<FeatureMaps>& all) {
  const int64_t used = std::min<int64_t>(256, data.count());  // evenly spread
  const auto rows = (at::arange(used) * data.count()).floor_divide(used);
  network.fit(data.images.index_select(0, rows).to(at::kFloat).div_(255), count);
  const size_t before = all.size();
  for_images(data, [&](int half, int64_t first, const at::Tensor& images) {
    const auto maps = network.maps(images);
    for (size_t l = 0; l < maps.size(); ++l) {
      if (all.size() == before + l) {  // the first batch says how large they are
        all.emplace_back(maps[l].size(1), NetworkFeatures::cells(l, maps[l].size(2)),
                         std::array{data.rows_of(0), data.rows_of(1)}, 1);
      }
      all[before + l].set(half, first, maps[l]);
    }
  });
}

}  // namespace

at::Tensor early_features(const at::Tensor& images) {
  const int64_t side = images.size(3);
  const auto channel = [&](int64_t c) { return images.narrow(1, c, 1); };
  const auto light = images.mean(1, true);
  const auto filters = gabors();
  std::vector<at::Tensor> maps = {light, channel(0) - channel(1),
                                  channel(2) - (channel(0) + channel(1)) / 2};
  at::Tensor level = light;
  for (int64_t scale = 0; scale < kScales; ++scale) {
    if (scale > 0) level = at::avg_pool2d(level, 2);
    const auto found = energy(level, filters);
    maps.push_back(scale == 0 ? found : at::upsample_bilinear2d(found, {side, side}, false));
  }
  return at::cat(maps, 1);
}

std::vector<FeatureMaps> visual_features(const FieldData& data, const std::string& kinds,
                                         int64_t components, const RunContext& run) {
  std::vector<FeatureMaps> maps;
  if (kinds != "network") add_local(data, maps);
  if (kinds == "local") return maps;
  NetworkFeatures network(load_feature_network("squeezenet", run.weights()));
  add_network(data, network, components, maps);
  return maps;
}

}  // namespace afterimage
