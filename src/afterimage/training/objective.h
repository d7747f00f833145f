#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "afterimage/base/options.h"
#include "afterimage/networks/feature_network.h"

namespace afterimage {

/// Weights and settings of the generator's objective
///   L_G = adversarial * BCE(D(fake), 1) + perceptual * feature distance + pixel * L1
///         + ssim * (1 - SSIM).
struct ObjectiveOptions {
  double adversarial = 0.01;
  double perceptual = 1;
  double pixel = 0.5;
  double ssim = 0;  ///< ours: needs images of 11 pixels and more
  /// Between pixel quality (L1, SSIM) and feature quality (network, discriminator): at 0 pixels
  /// alone, at .5 the weights are those above, at 1 features and a tenth of the pixels' share, as
  /// with features alone images lose their place and features too.
  double balance = 0.5;
  std::string network = "squeezenet";  ///< squeezenet, alexnet, vgg19
  std::string fallback;                ///< network to use without weights of `network`; "" = none
  std::vector<std::string> layers;     ///< empty: the network's own choice
  /// l1: mean |a-b| per layer; l2: Euclidean norm per image; relative: l1 over the targets' mean
  /// |b|, so that layers and networks of different scale weigh alike (the shipped SqueezeNet's
  /// features reach several hundred); squares: half the squared distance of each image's features.
  std::string distance = "l1";
  int64_t feature_size = 0;     ///< side images are resized to for the network, 0 = as they are
  bool align_corners = false;   ///< resizing keeps the corner pixels' centres in place
  bool normalise_input = true;  ///< by ImageNet's statistics
  std::string feature_sum = "mean";  ///< over layers: mean (MonkeySee) or sum

  /// Of pixels: l1, mean |a - b|, times pixel_scale; squares, half the squared distance of each
  /// image (Caffe's EuclideanLoss), pixels times pixel_scale.
  std::string pixel_distance = "l1";
  double pixel_scale = 1;

  /// What of the discriminator the adversarial loss takes for logits: its output ("logits"), or the
  /// sigmoid of it ("sigmoid", as IRFA's public code has it: a sigmoid too many, which leaves the
  /// loss above log(1 + 1/e) and its gradient small).
  std::string verdict = "logits";

  /// Whether the adversarial gradient reaches the projection through the image alone, or through
  /// the maps beside it as well (IRFA's public code).
  bool detach_maps = true;

  Options options();
  /// The same with the balance in the weights: pixel and ssim times 2 max(1 - balance, .1),
  /// perceptual and adversarial times 2 balance; and itself .5.
  ObjectiveOptions weighed() const;
  /// Names the network's own layers where none are named, so that what is kept of a training says
  /// which were compared.
  void name_layers();
  /// Where weights of `network` are not at hand (`weights` is the user's folder) but those of the
  /// fallback are, takes that: its own layers, compared by relative distance at the images' own
  /// size. What a user should know of it, or "".
  std::string take_fallback(const std::string& weights);
};

/// Mean binary cross entropy of logits against a constant label (0 or 1), computed in float32 or
/// the logits' type where that is finer.
at::Tensor adversarial_loss(const at::Tensor& logits, double label);

/// Mean absolute difference, computed likewise.
at::Tensor pixel_loss(const at::Tensor& images, const at::Tensor& targets);

/// 1 - mean structural similarity of luminance (similarity/ssim.h), computed in float64.
at::Tensor ssim_loss(const at::Tensor& images, const at::Tensor& targets);

/// Half the squared Euclidean distance of `scale` times each sample, mean over samples: Caffe's
/// EuclideanLoss.
at::Tensor squared_loss(const at::Tensor& found, const at::Tensor& targets, double scale = 1);

/// Feature distance between reconstructions and targets: one pass of a frozen network over each;
/// the targets' features come without gradient and may be cached by the caller.
class PerceptualLoss {
 public:
  /// Errors: a layer the network does not have.
  PerceptualLoss(std::shared_ptr<FeatureNetwork> network, const ObjectiveOptions& options);

  /// Features of targets (n, 3, H, W) in [0,1], detached.
  std::vector<at::Tensor> target_features(const at::Tensor& targets) const;
  /// Scalar distance of reconstructions to such features.
  at::Tensor operator()(const at::Tensor& reconstructions,
                        const std::vector<at::Tensor>& features) const;

 private:
  std::vector<at::Tensor> features(const at::Tensor& images) const;
  at::Tensor distance(const at::Tensor& ours, const at::Tensor& theirs) const;

  std::shared_ptr<FeatureNetwork> network_;
  std::vector<std::string> layers_;
  ObjectiveOptions options_;
};

}  // namespace afterimage
