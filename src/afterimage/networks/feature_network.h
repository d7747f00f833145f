#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "afterimage/formats/safetensors.h"
#include "afterimage/networks/find_weights.h"

namespace afterimage {

/// What a network was trained with: it sees (x - mean) / deviation of RGB in [0,1].
struct PixelStatistics {
  std::array<double, 3> mean, deviation;
};
inline constexpr PixelStatistics kImageNetStatistics{{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};

/// A pretrained network read for its features (`feature_networks`), with the parameter names of its
/// public weights ("features.0.weight"). It takes RGB images in [0,1] and normalises them itself as
/// it was trained, unless told not to; its parameters are frozen.
class FeatureNetwork : public torch::nn::Module {
 public:
  ~FeatureNetwork() override = default;

  virtual const std::string& network() const = 0;
  /// Layers that can be asked for, in order: the public code's module path, "features.3" or
  /// "layer1.2"; "logits" are class scores, "embedding" is what a transformer says of an image.
  virtual std::vector<std::string> layers() const = 0;
  /// The layers the perceptual loss takes by default.
  virtual std::vector<std::string> loss_layers() const = 0;

  /// One pass over images (n, 3, H, W) in [0,1]; the outputs of the named layers, in the order
  /// named. Stops after the last layer needed. No layer is overwritten in place. Errors: unknown
  /// layer, images too small for it.
  virtual std::vector<at::Tensor> forward(const at::Tensor& images,
                                          const std::vector<std::string>& layers) = 0;

  /// Whether images are normalised, or go in as they are (Brain2Pix's public code).
  void normalise_input(bool normalise) { normalise_ = normalise; }

 protected:
  explicit FeatureNetwork(const PixelStatistics& statistics);
  /// (n, 3, y, x) as the first layer takes them.
  at::Tensor normalised(const at::Tensor& images) const;

 private:
  bool normalise_ = true;
  at::Tensor scale_, shift_;  // (1, 3, 1, 1)
};

/// Names of the networks (network_table.h).
std::vector<std::string> feature_networks();

/// Builds a network and loads its weights. Errors: unknown network (nearest named), no weights
/// (with `fetch_command`), weights of another network (the first parameter that is missing or
/// misshaped), a file "NAME-1a2b3c4d.pth" whose SHA-256 does not begin so (torch.hub's rule).
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
