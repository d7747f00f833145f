#include "afterimage/fields/visual_features.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "afterimage/networks/feature_network.h"

namespace afterimage {
namespace {

constexpr int64_t kBatch = 64;
constexpr int64_t kNetworkSide = 128;  // pixels SqueezeNet is shown
constexpr int64_t kOrientations = 4, kScales = 3;

/// A layer, and in pixels the stride of its units and the place of the first.
struct Layer {
  const char* name;
  double stride, first;
};
// Without padding, the first convolution (7/2) and the three poolings (3/2) put a unit's centre at
// the centre of what it sees; the Fire modules (3/1, padded) leave it there.
constexpr Layer kLayers[] = {{"features.6", 8, 9.5}, {"features.12", 16, 17.5}};

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

/// A layer's outputs as their principal components, scaled to unit variance.
class Components {
 public:
  Components(const at::Tensor& output, int64_t count) {
    const auto columns = output.transpose(0, 1).flatten(1).to(at::kDouble);  // (C, n * y * x)
    const auto mean = columns.mean(1, true), centred = columns - mean;
    const auto [values, vectors] =
        at::linalg_eigh(centred.mm(centred.t()) / static_cast<double>(columns.size(1)));
    const auto scale = values.slice(0, -count).clamp_min(1e-9).rsqrt();
    basis_ = (vectors.slice(1, -count) * scale).t().to(at::kFloat).contiguous();  // (K, C)
    mean_ = mean.to(at::kFloat).unsqueeze(0);
  }

  at::Tensor operator()(const at::Tensor& output) const {  // (n, C, y, x)
    return at::matmul(basis_, output.flatten(2) - mean_)
        .view({output.size(0), basis_.size(0), output.size(2), output.size(3)});
  }

  int64_t count() const { return basis_.size(0); }

 private:
  at::Tensor basis_, mean_;
};

std::vector<at::Tensor> layer_outputs(FeatureNetwork& network, const at::Tensor& images) {
  std::vector<std::string> names;
  for (const auto& layer : kLayers) names.emplace_back(layer.name);
  const auto shown =
      at::_upsample_bilinear2d_aa(images, {kNetworkSide, kNetworkSide}, /*align_corners=*/false);
  return network.forward(shown, names);
}

void add_local(const FieldData& data, std::vector<FeatureMaps>& all) {
  const int64_t features = 3 + kScales * kOrientations;
  auto& maps = all.emplace_back(features, even_cells(data.side()),
                                std::array{data.rows_of(0), data.rows_of(1)}, 3);
  for_images(data, [&](int half, int64_t first, const at::Tensor& images) {
    maps.set(half, first, early_features(images));
  });
}

void add_network(const FieldData& data, FeatureNetwork& network, int64_t count,
                 std::vector<FeatureMaps>& all) {
  const int64_t used = std::min<int64_t>(256, data.count());  // evenly spread
  const auto rows = (at::arange(used) * data.count()).floor_divide(used);
  const auto sample =
      layer_outputs(network, data.images.index_select(0, rows).to(at::kFloat).div_(255));
  const size_t before = all.size();
  std::vector<Components> components;
  for (size_t l = 0; l < sample.size(); ++l) {
    components.emplace_back(sample[l], count);
    const auto cells =
        (at::arange(sample[l].size(2), at::kDouble) * kLayers[l].stride + kLayers[l].first) /
        static_cast<double>(kNetworkSide);
    all.emplace_back(components[l].count(), cells, std::array{data.rows_of(0), data.rows_of(1)}, 1);
  }
  for_images(data, [&](int half, int64_t first, const at::Tensor& images) {
    const auto outputs = layer_outputs(network, images);
    for (size_t l = 0; l < outputs.size(); ++l) {
      all[before + l].set(half, first, components[l](outputs[l]));
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
  const auto network = load_feature_network("squeezenet", run.weights());
  add_network(data, *network, components, maps);
  return maps;
}

}  // namespace afterimage
