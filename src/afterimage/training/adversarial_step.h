#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/networks/discriminator.h"
#include "afterimage/training/adam.h"
#include "afterimage/training/balance.h"
#include "afterimage/training/history_buffer.h"
#include "afterimage/training/objective.h"

namespace afterimage {

struct AdversarialStepOptions {
  AdamOptions generator;
  AdamOptions discriminator;
  double discriminator_rate = 1;    ///< its learning rate over the generator's
  int64_t discriminator_every = 1;  ///< steps between its updates
  int64_t history = 50;             ///< pairs in the history buffer
  double history_probability = 0.5;
  std::string fakes = "shared";  ///< images to train the discriminator with: see Batch::fake
  BalanceOptions balance;

  Options options();
};

/// One update of generator and discriminator on a batch, as pix2pix, Brain2Pix, MonkeySee and IRFA
/// make it, with the generator run once instead of twice (the same gradients; only its BatchNorm's
/// running statistics see a batch once):
///
///   1. discriminator: .5 (BCE(D(fake), 0) + BCE(D(real), 1)), fake detached and passed through the
///      history buffer;
///   2. generator: adversarial * BCE(D(fake), 1) + perceptual * feature distance + pixel * L1 (and
///      ours, ssim * (1 - SSIM)), with the discriminator just updated, whose parameters collect no
///      gradients.
///
/// In (2) the maps given to the discriminator are detached (objective.detach_maps): the adversarial
/// gradient reaches the projection through the image alone. IRFA's code lets it through the maps as
/// well, so that a projection may learn to please the discriminator rather than to inform the
/// U-Net.
///
/// The discriminator and the perceptual network run in the run's precision, all losses in float32
/// and the optimisers in the parameters' type.
class AdversarialStep {
 public:
  /// `generator_parameters`: all that the generator learns (projection and U-Net). `discriminator`
  /// may be empty when its weight is zero, `perceptual` when its weight is. `run` outlives the
  /// step.
  AdversarialStep(const std::vector<ParameterGroup>& generator_parameters,
                  std::shared_ptr<Discriminator> discriminator,
                  std::shared_ptr<const PerceptualLoss> perceptual,
                  const ObjectiveOptions& objective, const AdversarialStepOptions& options,
                  const RunContext& run);

  struct Batch {
    at::Tensor maps;                          ///< (n, C, H, W) the image was made of
    at::Tensor image;                         ///< (n, 3, H, W) in [0,1], with its graph
    at::Tensor targets;                       ///< (n, 3, H, W) in [0,1]
    std::vector<at::Tensor> target_features;  ///< of `targets`; empty: computed here
    /// What the discriminator learns to tell from `targets`; undefined: `image`. The MXNet codes of
    /// Brain2Pix and MonkeySee make it anew, with the running statistics of BatchNorm.
    at::Tensor fake = {};
  };

  /// The losses by name, each before weighting: "discriminator" (only when it was trained),
  /// "adversarial", "perceptual", "pixel", "ssim" (only with a weight), and "generator", their
  /// weighted sum. With balance.on one of the two may rest in a step (balance.h); its losses are
  /// there all the same.
  std::map<std::string, double> operator()(const Batch& batch, double learning_rate);

  /// Discriminator, optimisers, history and random state: with the generator's weights all that a
  /// run needs to go on bit for bit. The step's own tensors.
  TensorMap to_tensors() const;
  /// Takes back what `to_tensors` gave. Errors name `where`.
  void restore(const TensorMap& tensors, const std::string& where);

 private:
  bool adversarial() const { return objective_.adversarial > 0; }
  at::Tensor judge(const at::Tensor& maps, const at::Tensor& image);
  at::Tensor discriminator_loss(const Batch& batch);
  at::Tensor train_discriminator(const Batch& batch, double learning_rate);
  std::map<std::string, at::Tensor> generator_losses(const Batch& batch);

  std::shared_ptr<Discriminator> discriminator_;  // null without an adversarial loss
  std::shared_ptr<const PerceptualLoss> perceptual_;
  ObjectiveOptions objective_;
  AdversarialStepOptions options_;
  const RunContext& run_;
  Adam generator_adam_, discriminator_adam_;
  HistoryBuffer history_;
  at::Generator history_random_;
  Balance balance_;
  int64_t steps_ = 0;
};

}  // namespace afterimage
