#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "afterimage/base/run_context.h"
#include "afterimage/diffusion/checkpoint.h"
#include "afterimage/diffusion/tokenizer.h"
#include "afterimage/networks/feature_network.h"

namespace afterimage {

/// Images as a network that says something of them is given them.
struct TargetInput {
  at::Tensor images;                               ///< (n, 3, side, side) in [0,1]
  std::vector<std::vector<std::string>> captions;  ///< of each; empty lists where none are needed
  std::vector<std::string> keys;  ///< of each, by content: what is drawn at random follows from it
};

/// What decoders learn to predict in place of pixels: what a frozen network says of the images that
/// were seen.
class TargetNetwork {
 public:
  virtual ~TargetNetwork() = default;

  virtual const std::vector<std::string>& layers() const = 0;
  /// Network, weights (by content) and settings: equal where the targets of an image are.
  virtual std::string identity() const = 0;
  virtual bool needs_captions() const { return false; }
  /// (n, units) float32 on the CPU, layer by layer, and the shape of one image's units.
  virtual std::vector<at::Tensor> of(const TargetInput& input) const = 0;
  virtual std::vector<int64_t> unit_shape(size_t layer) const = 0;
};

/// Layers of a feature network ("clip-b32"), which `imagenet_statistics` gives images as
/// MindDiffuser's code does: standardised by ImageNet's mean and deviation whatever the network was
/// trained with. No layer named: those a loss takes, and CLIP's embedding. Errors: no weights, an
/// unknown layer (nearest named).
std::unique_ptr<TargetNetwork> layers_as_targets(const std::string& network,
                                                 std::vector<std::string> layers,
                                                 bool imagenet_statistics, const RunContext& run);

/// A feature network on the run's device that takes images as `layers_as_targets` says, and has
/// these layers.
std::shared_ptr<FeatureNetwork> target_feature_network(const std::string& network,
                                                       const std::vector<std::string>& layers,
                                                       bool imagenet_statistics,
                                                       const RunContext& run);

struct DiffusionTargetOptions {
  std::vector<std::string> layers = {"z"};
  bool sampled = false;  ///< z is drawn from the encoder's distribution, as MindDiffuser does
  int64_t tokens = 15;   ///< of a caption, with its beginning and end
};

/// Stable Diffusion's own: "z", the latent of an image (4 x side / 8 x side / 8), and "c", the mean
/// condition of its captions without the first token, which is the same for all
/// (tokens - 1 x 768). Errors: the checkpoint lacks a part, a side the autoencoder cannot halve.
std::unique_ptr<TargetNetwork> diffusion_targets(const diffusion::Checkpoint& checkpoint,
                                                 const DiffusionTargetOptions& options,
                                                 const RunContext& run);

/// The conditions of texts by a checkpoint's tokenizer and text encoder, which are read once.
class TextConditions {
 public:
  /// Errors: the checkpoint lacks one of the two; more tokens than the encoder reads.
  TextConditions(const diffusion::Checkpoint& checkpoint, int64_t tokens, const RunContext& run);
  /// (n, tokens, width).
  at::Tensor of(const std::vector<std::string>& texts) const;

 private:
  std::shared_ptr<diffusion::TextEncoder> encoder_;
  std::shared_ptr<const diffusion::Tokenizer> tokenizer_;
  int64_t tokens_;
  RunContext run_;
};

/// The checkpoint at `path`, or the first that is found where weights lie. Errors: none, and how to
/// get one.
diffusion::Checkpoint checkpoint_at(const std::string& path, const RunContext& run);

/// What a run computes in.
at::ScalarType compute_type(const RunContext& run);

}  // namespace afterimage
