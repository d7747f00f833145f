#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "afterimage/formats/safetensors.h"
#include "afterimage/networks/find_weights.h"

namespace afterimage {

/// An ImageNet network read for its features: SqueezeNet 1.0, AlexNet or VGG19 as in torchvision,
/// whose parameter names it has ("features.0.weight"). It takes RGB images in [0,1] and applies the
/// ImageNet normalisation itself, unless told not to; its parameters are frozen.
class FeatureNetwork : public torch::nn::Module {
 public:
  ~FeatureNetwork() override = default;

  virtual const std::string& network() const = 0;
  /// Layers that can be asked for, in order: torchvision's module path, "features.3" or
  /// "classifier.2", and "logits" for the last.
  virtual std::vector<std::string> layers() const = 0;
  /// The layers IRFA, MonkeySee and Brain2Pix read (evaluation.md), and the ones the perceptual
  /// loss takes by default.
  virtual std::vector<std::string> loss_layers() const = 0;

  /// One pass over images (n, 3, H, W) in [0,1]; the outputs of the named layers, in the order
  /// named. Stops after the last layer needed. No layer is overwritten in place. Errors: unknown
  /// layer, images too small for it.
  virtual std::vector<at::Tensor> forward(const at::Tensor& images,
                                          const std::vector<std::string>& layers) = 0;

  /// Whether images are normalised by ImageNet's mean and deviation, or go in as they are
  /// (Brain2Pix's public code).
  void normalise_input(bool normalise) { normalise_ = normalise; }

 protected:
  bool normalise_ = true;
};

/// Names of the networks: squeezenet, alexnet, vgg19.
std::vector<std::string> feature_networks();

/// Builds a network and loads its weights. Errors: unknown network (nearest named), no weights
/// (with `fetch_command`), weights of another network (the first parameter that is missing or
/// misshaped).
std::shared_ptr<FeatureNetwork> load_feature_network(const std::string& network,
                                                     const std::string& folder);

/// The same network with weights already in memory, which `where` names in errors.
std::shared_ptr<FeatureNetwork> make_feature_network(const std::string& network,
                                                     const TensorMap& weights,
                                                     const std::string& where);

/// The same network with weights from a given file.
std::shared_ptr<FeatureNetwork> load_feature_network_from(const std::string& network,
                                                          const std::filesystem::path& weights);

}  // namespace afterimage
