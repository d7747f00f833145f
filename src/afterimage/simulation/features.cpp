#include "afterimage/simulation/features.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numbers>

#include "afterimage/base/text.h"

namespace afterimage::simulator {
namespace {

constexpr int64_t kNetworkSide = 96;  // pixels SqueezeNet is shown

at::Tensor resized(const at::Tensor& images, int64_t side) {
  if (images.size(2) == side && images.size(3) == side) return images;
  return at::_upsample_bilinear2d_aa(images, {side, side}, /*align_corners=*/false);
}

/// Even and odd Gabors of unit norm without response to a constant: (2 * kOrientations, 1, 9, 9),
/// wavelength 4 px, SD 2 px.
at::Tensor gabors(const at::TensorOptions& options) {
  const auto axis = at::arange(-4, 5, at::kDouble);
  const auto y = axis.unsqueeze(1), x = axis.unsqueeze(0);
  const auto window = at::exp(-(x * x + y * y) / 8.0);
  std::vector<at::Tensor> filters;
  for (const double phase : {0.0, std::numbers::pi / 2}) {
    for (int64_t k = 0; k < kOrientations; ++k) {
      const double angle = std::numbers::pi * static_cast<double>(k) / kOrientations;
      const auto across = std::cos(angle) * y - std::sin(angle) * x;  // across bars at `angle`
      auto filter = window * at::cos(across * (std::numbers::pi / 2) - phase);
      filter = filter - window * (filter.sum() / window.sum());
      filters.push_back(filter / filter.norm());
    }
  }
  return at::stack(filters).unsqueeze(1).to(options);
}

at::Tensor convolved(const at::Tensor& image, const at::Tensor& filters) {
  const int64_t margin = filters.size(3) / 2;
  return at::conv2d(at::replication_pad2d(image, {margin, margin, margin, margin}), filters);
}

/// (n, 1, A, A) -> (n, kScales * kOrientations, A, A)
at::Tensor orientation_energy(const at::Tensor& light) {
  const auto filters = gabors(light.options());
  const int64_t side = light.size(3);
  std::vector<at::Tensor> energies;
  at::Tensor level = light;
  for (int64_t scale = 0; scale < kScales; ++scale) {
    if (scale > 0) level = at::avg_pool2d(level, 2);
    const auto pair = convolved(level, filters).chunk(2, 1);  // 2 x (n, orientation, a, a)
    const auto energy = (pair[0].square() + pair[1].square() + 1e-6).sqrt();
    energies.push_back(scale == 0 ? energy : at::upsample_bilinear2d(energy, {side, side}, false));
  }
  return at::cat(energies, 1);
}

/// (n, 1, A, A) -> (n, kContrasts, A, A)
at::Tensor local_contrast(const at::Tensor& light) {
  const int64_t side = light.size(3);
  std::vector<at::Tensor> contrasts;
  for (const int64_t share : {16, 8}) {
    const int64_t window = (side / share) | 1;
    const auto box = at::full({1, 1, window, window}, 1.0 / static_cast<double>(window * window),
                              light.options());
    const auto deviation = light - convolved(light, box);
    contrasts.push_back((convolved(deviation.square(), box) + 1e-6).sqrt());
  }
  return at::cat(contrasts, 1);
}

}  // namespace

std::vector<std::string> local_feature_names() {
  std::vector<std::string> names = {"luminance", "red_green", "blue_yellow", "contrast_fine",
                                    "contrast_coarse"};
  for (int64_t scale = 0; scale < kScales; ++scale) {
    for (int64_t k = 0; k < kOrientations; ++k) {
      names.push_back(concat("orientation_", k * 180 / kOrientations, "_scale_", scale));
    }
  }
  return names;
}

at::Tensor local_features(const at::Tensor& images) {
  const auto axes =
      at::tensor({1.0, 1.0, 1.0, 1.0, -1.0, 0.0, -1.0, -1.0, 2.0}, at::kDouble).reshape({3, 3});
  const auto rows = (axes / axes.norm(2, {1}, true)).to(images.options());
  const auto opponent = at::conv2d(images, rows.reshape({3, 3, 1, 1}));  // (n, 3, y, x)
  const auto light = opponent.narrow(1, 0, 1);
  return at::cat({opponent, local_contrast(light), orientation_energy(light)}, 1);
}

FeatureBank::FeatureBank(std::shared_ptr<FeatureNetwork> network,
                         std::array<bool, kFamilies> needed, int64_t image_size)
    : network_(std::move(network)),
      needed_(needed),
      local_side_(std::clamp<int64_t>(image_size / 4 * 4, 16, 64)) {
  TORCH_INTERNAL_ASSERT(network_ != nullptr || (!needed_[shape] && !needed_[object]));
}

FeatureMaps FeatureBank::network_outputs(const at::Tensor& images) const {
  FeatureMaps outputs;
  std::vector<std::string> layers;
  if (needed_[shape]) layers.push_back("features.5");
  if (needed_[object]) layers.push_back("features.12");
  if (layers.empty()) return outputs;
  const auto found = network_->forward(resized(images, kNetworkSide), layers);
  if (needed_[shape]) outputs[shape] = found.front();
  if (needed_[object]) outputs[object] = found.back();
  return outputs;
}

void FeatureBank::fit(const at::Tensor& images) {
  const auto outputs = network_outputs(images);
  for (const Family family : {shape, object}) {
    if (!needed_[family]) continue;
    const int64_t count = family == shape ? kShapes : kObjects;
    const auto columns = outputs[family].transpose(0, 1).flatten(1).to(at::kDouble);  // (C, n*y*x)
    const auto mean = columns.mean(1, true);
    const auto centred = columns - mean;
    const auto [values, vectors] =
        at::linalg_eigh(centred.matmul(centred.t()) / static_cast<double>(columns.size(1)));
    const auto top = vectors.narrow(1, vectors.size(1) - count, count).flip(1);  // (C, K)
    const auto variance = values.narrow(0, values.size(0) - count, count).flip(0).clamp_min(1e-12);
    const auto largest = top.gather(0, top.abs().argmax(0, true));  // fixes each vector's sign
    const auto basis = (top * largest.sign() / variance.sqrt()).t();
    components_[family] = {mean.unsqueeze(0).to(outputs[family].options()),
                           basis.contiguous().to(outputs[family].options())};
  }
}

at::Tensor FeatureBank::project(const at::Tensor& output, const Components& components) const {
  const int64_t n = output.size(0), height = output.size(2), width = output.size(3);
  const auto centred = output.flatten(2) - components.mean;  // (n, C, y*x)
  return at::matmul(components.basis, centred).reshape({n, -1, height, width});
}

FeatureMaps FeatureBank::maps(const at::Tensor& images) const {
  FeatureMaps maps = network_outputs(images);
  for (const Family family : {shape, object}) {
    if (needed_[family]) maps[family] = project(maps[family], components_[family]);
  }
  if (needed_[local]) maps[local] = local_features(resized(images, local_side_));
  return maps;
}

}  // namespace afterimage::simulator
