#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/diffusion/ddim.h"

namespace afterimage::diffusion {

class ConditionalUNet;

/// The way from a latent z and a condition c to an image: z is noised to a step, denoised from a
/// step on under guidance, and decoded.
struct GenerationOptions {
  int64_t denoised_steps = 35;
  int64_t noised_to = 34;  ///< MindDiffuser's code: 37, three steps noisier than it denoises from
  double guidance = 5;

  Options options();
};

/// The networks on that way and what they compute in. Outlives whoever is given it.
struct Generation {
  const ConditionalUNet& unet;
  std::function<at::Tensor(const at::Tensor&)> decode;  ///< latents to images, not clamped
  const Ddim& ddim;
  GenerationOptions options;
  at::Tensor unconditional;  ///< (1, tokens, width)
  at::ScalarType compute = at::kFloat;

  /// (1, 4, y, x), noise of its size and (1, tokens, width) to the latent that is decoded.
  at::Tensor latent(const at::Tensor& z, const at::Tensor& c, const at::Tensor& noise,
                    const RunContext& run) const;
  /// A latent's image (1, 3, 8y, 8x), clamped to [0,1].
  at::Tensor image(const at::Tensor& latent) const;
};

/// What an image is to show to a network: some units of one of its layers.
struct RefinementTarget {
  at::Tensor value;         ///< (k)
  at::Tensor units;         ///< (k) int64, which of the layer's; undefined: all
  int64_t layer_units = 0;  ///< how many the layer has
  double weight = 1;
};

struct RefinementOptions {
  int64_t iterations = 300;
  double learning_rate = 0.01;
  double decay = 0.999;            ///< of the learning rate, each iteration
  std::string variables = "both";  ///< "both", "z", "c"
  double lambda = 0;               ///< share of the final embedding in the loss
  std::string keep = "best";       ///< "best" by loss, "last"
  int64_t patience = 0;            ///< stop after so many without a lower loss; 0: never

  Options options();
};

/// MindDiffuser's second stage (Lu et al. 2023): z and c are changed by Adam until the image they
/// make shows CLIP what was predicted from the responses, with fresh noise in every iteration.
///   loss = sum_l a_l w_l (1 - lambda) |T_l - G_l|^2 / units_l + .1 lambda (1 - cos(T_f, G_f)),
///   w_l = (1 / |T_l|) / sum_m (1 / |T_m|)
/// over the predicted units T_l of each layer l, and G_l what the network says of the image. The
/// gradient goes through network, clamp, decoder and all calls of the U-Net, which are computed
/// again one by one on the way back: of the way there, only the latents between them are kept.
class Refinement {
 public:
  /// What the network says of images (1, 3, y, x): (units) of each target's layer in their order,
  /// then the final embedding where lambda is above 0.
  using Features = std::function<std::vector<at::Tensor>(const at::Tensor& images)>;

  /// `final_embedding` is needed where lambda is above 0.
  Refinement(const Generation& generation, Features features, std::vector<RefinementTarget> targets,
             at::Tensor final_embedding, const RefinementOptions& options);

  struct Gradient {
    double loss;
    at::Tensor image;  ///< (1, 3, y, x) in [0,1]
    at::Tensor z, c;   ///< gradients of the loss
  };
  Gradient gradient(const at::Tensor& z, const at::Tensor& c, const at::Tensor& noise,
                    const RunContext& run) const;

  struct Result {
    at::Tensor image;
    std::vector<double> losses;  ///< of each iteration
  };
  /// `fresh` draws noise of a size; `told` is called after each iteration.
  Result refine(const at::Tensor& z, const at::Tensor& c,
                const std::function<at::Tensor(at::IntArrayRef)>& fresh,
                const RunContext& run) const;

 private:
  at::Tensor loss(const at::Tensor& image) const;

  const Generation& generation_;
  Features features_;
  std::vector<RefinementTarget> targets_;
  at::Tensor final_;
  RefinementOptions options_;
  std::vector<double> shares_;  // a_l w_l (1 - lambda) / units_l
};

}  // namespace afterimage::diffusion
