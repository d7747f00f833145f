#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "afterimage/decoders/minddiffuser.h"
#include "afterimage/decoders/target_network.h"
#include "afterimage/diffusion/checkpoint.h"

/// What the files of MindDiffuser share.
namespace afterimage {

struct MindDiffuser::Networks {
  explicit Networks(diffusion::Checkpoint from) : checkpoint(std::move(from)) {}

  diffusion::Checkpoint checkpoint;
  std::shared_ptr<diffusion::Autoencoder> autoencoder;
  std::shared_ptr<diffusion::SmallDecoder> small_decoder;  // null: the autoencoder's
  std::shared_ptr<diffusion::ConditionalUNet> unet;        // null without diffusion
  std::shared_ptr<FeatureNetwork> network;                 // null without refinement
  std::optional<diffusion::Ddim> ddim;

  at::Tensor decode(const at::Tensor& latents) const {
    return small_decoder ? small_decoder->decode(latents) : autoencoder->decode(latents);
  }
};

/// What the regressions say of some responses, on the run's device.
struct MindDiffuser::Predicted {
  at::Tensor z;                     // (n, 4, y, x); undefined: noise in its place
  at::Tensor c;                     // (n, tokens, width); likewise, or no condition
  std::vector<at::Tensor> network;  // (n, units) of each layer, then the final embedding
};

}  // namespace afterimage
