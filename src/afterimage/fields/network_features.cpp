#include "afterimage/fields/network_features.h"

#include <ATen/ATen.h>

#include "afterimage/base/text.h"

namespace afterimage {
namespace {

constexpr int64_t kNetworkSide = 128;  // pixels SqueezeNet is shown

/// A layer, and in pixels the stride of its units and the place of the first.
struct Layer {
  const char* name;
  double stride, first;
};
// Without padding, the first convolution (7/2) and the three poolings (3/2) put a unit's centre at
// the centre of what it sees; the Fire modules (3/1, padded) leave it there.
constexpr Layer kLayers[NetworkFeatures::layers] = {{"features.6", 8, 9.5},
                                                    {"features.12", 16, 17.5}};

}  // namespace

std::vector<at::Tensor> NetworkFeatures::outputs(const at::Tensor& images) const {
  std::vector<std::string> names;
  for (const auto& layer : kLayers) names.emplace_back(layer.name);
  const auto shown =
      at::_upsample_bilinear2d_aa(images, {kNetworkSide, kNetworkSide}, /*align_corners=*/false);
  return network_->forward(shown, names);
}

void NetworkFeatures::fit(const at::Tensor& images, int64_t components) {
  components_.clear();
  for (const auto& output : outputs(images)) {
    const auto columns = output.transpose(0, 1).flatten(1).to(at::kDouble);  // (C, n * y * x)
    const auto mean = columns.mean(1, true), centred = columns - mean;
    const auto [values, vectors] =
        at::linalg_eigh(centred.mm(centred.t()) / static_cast<double>(columns.size(1)));
    const auto scale = values.slice(0, -components).clamp_min(1e-9).rsqrt();
    components_.push_back(
        {mean.to(at::kFloat).unsqueeze(0),
         (vectors.slice(1, -components) * scale).t().to(at::kFloat).contiguous()});
  }
}

std::vector<at::Tensor> NetworkFeatures::maps(const at::Tensor& images) const {
  auto maps = outputs(images);
  for (size_t l = 0; l < layers; ++l) {  // (n, C, y, x)
    const auto& [mean, basis] = components_[l];
    const auto shape = maps[l].sizes().vec();
    maps[l] = at::matmul(basis, maps[l].flatten(2) - mean)
                  .view({shape[0], basis.size(0), shape[2], shape[3]});
  }
  return maps;
}

at::Tensor NetworkFeatures::cells(size_t layer, int64_t side) {
  return (at::arange(side, at::kDouble) * kLayers[layer].stride + kLayers[layer].first) /
         static_cast<double>(kNetworkSide);
}

TensorMap NetworkFeatures::state() const {
  TensorMap state;
  for (size_t l = 0; l < components_.size(); ++l) {
    state[concat("network.", l, ".mean")] = components_[l].mean;
    state[concat("network.", l, ".basis")] = components_[l].basis;
  }
  return state;
}

void NetworkFeatures::load(const TensorMap& state) {
  components_.clear();
  for (size_t l = 0; l < layers; ++l) {
    components_.push_back(
        {state.at(concat("network.", l, ".mean")), state.at(concat("network.", l, ".basis"))});
  }
}

}  // namespace afterimage
