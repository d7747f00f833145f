#include "afterimage/training/objective.h"

#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/networks/network_table.h"
#include "afterimage/similarity/ssim.h"

namespace afterimage {
namespace {

/// Losses are sums over many values: bf16 would keep two digits of them.
at::Tensor at_least_float(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
}

}  // namespace

Options ObjectiveOptions::options() {
  return {
      Option("adversarial", adversarial,
             "weight of the adversarial loss; 0 trains no discriminator")
          .range(0),
      Option("perceptual", perceptual, "weight of the feature distance; 0 needs no network")
          .range(0),
      Option("pixel", pixel, "weight of the pixels' distance").range(0),
      Option("pixel_distance", pixel_distance,
             "of pixels: l1, mean |a - b|; squares, half the squared distance of each image (Shen "
             "et al. 2019)")
          .one_of({"l1", "squares"}),
      Option("pixel_scale", pixel_scale, "what pixels of 0 to 1 are multiplied by in it").range(0),
      Option("ssim", ssim, "weight of 1 - SSIM of luminance").range(0),
      Option("balance", balance,
             "between pixel and feature quality: 0, pixels alone; 0.5, the weights as they are; 1, "
             "features with a tenth of the pixels' share")
          .range(0, 1),
      Option("network", network, "network whose features are compared").one_of(feature_networks()),
      Option("fallback", fallback, "network to use when there are no weights of `network`"),
      Option("layers", layers,
             "layers compared, as torchvision names them; none: the network's own"),
      Option(
          "distance", distance,
          "of a layer: l1, mean |a - b|; l2, Euclidean norm of each image's; relative, l1 over the "
          "target's mean |b|; squares, half the squared norm (Shen et al. 2019)")
          .one_of({"l1", "l2", "relative", "squares"}),
      Option("feature_size", feature_size, "side images are resized to for the network, 0 = as is")
          .unit("pixels")
          .range(0, 4096),
      Option(
          "align_corners", align_corners,
          "that resizing keeps corner pixels in place (MXNet codes) instead of the images' edges"),
      Option(
          "normalise_input", normalise_input,
          "give the network images normalised by ImageNet's statistics (Brain2Pix's code: false)"),
      Option("feature_sum", feature_sum, "how layers are put together").one_of({"mean", "sum"}),
      Option(
          "verdict", verdict,
          "taken for the discriminator's logits: its output, or (IRFA's public code) the sigmoid")
          .one_of({"logits", "sigmoid"}),
      Option("detach_maps", detach_maps,
             "the adversarial gradient reaches the projection through the image alone, not through "
             "the maps the discriminator sees (IRFA's code: false)"),
  };
}

ObjectiveOptions ObjectiveOptions::weighed() const {
  ObjectiveOptions same = *this;
  for (double* weight : {&same.pixel, &same.ssim}) *weight *= 2 * std::max(1 - balance, 0.1);
  for (double* weight : {&same.perceptual, &same.adversarial}) *weight *= 2 * balance;
  same.balance = 0.5;
  return same;
}

void ObjectiveOptions::name_layers() {
  if (weighed().perceptual > 0 && layers.empty()) layers = network_entry(network).loss_layers;
}

std::string ObjectiveOptions::take_fallback(const std::string& weights) {
  if (weighed().perceptual == 0 || fallback.empty() || fallback == network) return {};
  if (!find_weights(network, weights).empty()) return {};
  const auto note = concat("no weights of ", network, ": features of ", fallback,
                           " are compared instead, by relative distance ('", fetch_command(network),
                           "' fetches them)");
  network = fallback;
  layers.clear();
  distance = "relative";
  feature_size = 0;
  normalise_input = true;
  return note;
}

at::Tensor adversarial_loss(const at::Tensor& logits, double label) {
  const auto x = at_least_float(logits);
  return at::binary_cross_entropy_with_logits(x, at::full_like(x, label));
}

at::Tensor pixel_loss(const at::Tensor& images, const at::Tensor& targets) {
  return at::l1_loss(at_least_float(images), at_least_float(targets));
}

at::Tensor ssim_loss(const at::Tensor& images, const at::Tensor& targets) {
  return 1 - structural_similarity(luminance(images), luminance(targets)).mean();
}

at::Tensor squared_loss(const at::Tensor& found, const at::Tensor& targets, double scale) {
  const auto difference = at_least_float(found) - at_least_float(targets);
  return difference.square().flatten(1).sum(1).mean() * (scale * scale / 2);
}

PerceptualLoss::PerceptualLoss(std::shared_ptr<FeatureNetwork> network,
                               const ObjectiveOptions& options)
    : network_(std::move(network)),
      layers_(options.layers.empty() ? network_->loss_layers() : options.layers),
      options_(options) {
  const auto known = network_->layers();
  for (const auto& layer : layers_) {
    if (std::find(known.begin(), known.end(), layer) == known.end()) {
      throw Error("layers", concat(network_->network(), " has no layer '", layer, "'"),
                  suggestion(layer, known));
    }
  }
  network_->normalise_input(options.normalise_input);
}

std::vector<at::Tensor> PerceptualLoss::features(const at::Tensor& images) const {
  const int64_t side = options_.feature_size;
  if (side == 0) return network_->forward(images, layers_);
  return network_->forward(at::upsample_bilinear2d(images, {side, side}, options_.align_corners),
                           layers_);
}

std::vector<at::Tensor> PerceptualLoss::target_features(const at::Tensor& targets) const {
  const at::NoGradGuard no_grad;
  return features(targets);
}

at::Tensor PerceptualLoss::distance(const at::Tensor& ours, const at::Tensor& theirs) const {
  if (options_.distance == "l1") return pixel_loss(ours, theirs);
  if (options_.distance == "squares") return squared_loss(ours, theirs);
  if (options_.distance == "relative") {
    return pixel_loss(ours, theirs) / at_least_float(theirs).abs().mean();
  }
  const auto difference = at_least_float(ours) - at_least_float(theirs);
  return at::linalg_vector_norm(difference.flatten(1), 2, at::IntArrayRef{1}).mean();
}

at::Tensor PerceptualLoss::operator()(const at::Tensor& reconstructions,
                                      const std::vector<at::Tensor>& wanted) const {
  const auto found = features(reconstructions);
  TORCH_INTERNAL_ASSERT(found.size() == wanted.size() && !found.empty());
  at::Tensor total = distance(found[0], wanted[0]);
  for (size_t i = 1; i < found.size(); ++i) total = total + distance(found[i], wanted[i]);
  return options_.feature_sum == "mean" ? total / static_cast<double>(found.size()) : total;
}

}  // namespace afterimage
