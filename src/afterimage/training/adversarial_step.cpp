#include "afterimage/training/adversarial_step.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/autograd/autograd.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/networks/module_state.h"

namespace afterimage {
namespace {

/// Gradients of `loss` for these leaves only; nothing else in the graph collects any.
void backward(const at::Tensor& loss, const std::vector<at::Tensor>& leaves) {
  torch::autograd::backward({loss}, {}, /*retain_graph=*/false, /*create_graph=*/false, leaves);
}

/// All values with one transfer from the device.
std::map<std::string, double> values(const std::map<std::string, at::Tensor>& losses) {
  std::vector<at::Tensor> scalars;
  for (const auto& entry : losses) scalars.push_back(entry.second.detach());
  std::map<std::string, double> result;
  if (scalars.empty()) return result;
  const auto all = at::stack(scalars).to(at::kCPU, at::kDouble);
  int64_t i = 0;
  for (const auto& entry : losses) result[entry.first] = all[i++].item<double>();
  return result;
}

}  // namespace

Options AdversarialStepOptions::options() {
  return prefixed("balance", balance.options()) + prefixed("generator", generator.options()) +
         prefixed("discriminator", discriminator.options()) +
         Options{
             Option("discriminator_rate", discriminator_rate,
                    "learning rate of the discriminator over the generator's")
                 .range(0, 1000),
             Option("discriminator_every", discriminator_every,
                    "steps from one update of the discriminator to the next")
                 .range(1),
             Option("history", history,
                    "generated images kept to train the discriminator with; 0 = the newest only")
                 .range(0, 1000000),
             Option("history_probability", history_probability,
                    "how often a kept image takes the place of a new one")
                 .range(0, 1),
             Option("fakes", fakes,
                    "images the discriminator learns from: those the generator learns from, or "
                    "predicted anew with running statistics (Brain2Pix's and MonkeySee's code)")
                 .one_of({"shared", "predicted"}),
         };
}

AdversarialStep::AdversarialStep(const std::vector<ParameterGroup>& generator_parameters,
                                 std::shared_ptr<Discriminator> discriminator,
                                 std::shared_ptr<const PerceptualLoss> perceptual,
                                 const ObjectiveOptions& objective,
                                 const AdversarialStepOptions& options, const RunContext& run)
    : discriminator_(objective.weighed().adversarial > 0 ? std::move(discriminator) : nullptr),
      perceptual_(std::move(perceptual)),
      objective_(objective.weighed()),
      options_(options),
      run_(run),
      generator_adam_(generator_parameters, options.generator),
      discriminator_adam_(adversarial() ? discriminator_->parameters() : std::vector<at::Tensor>{},
                          options.discriminator),
      history_(options.history, options.history_probability),
      history_random_(run.generator("history buffer")),
      balance_(options.balance) {
  TORCH_INTERNAL_ASSERT(perceptual_ || objective_.perceptual == 0);
  if (objective_.adversarial == 0 && objective_.perceptual == 0 && objective_.pixel == 0 &&
      objective_.ssim == 0) {
    throw Error("objective", "all weights are zero, nothing would be learned",
                "Set adversarial, perceptual, pixel or ssim above 0 (objective.balance = 0 leaves "
                "pixel and ssim alone)");
  }
}

at::Tensor AdversarialStep::judge(const at::Tensor& maps, const at::Tensor& image) {
  const auto output = discriminator_->forward(maps, image);
  return objective_.verdict == "sigmoid" ? output.sigmoid() : output;
}

at::Tensor AdversarialStep::discriminator_loss(const Batch& batch) {
  const auto maps = batch.maps.detach();
  const auto& image = batch.fake.defined() ? batch.fake : batch.image;
  const auto fake = history_.exchange({maps, image.detach()}, history_random_);
  at::Tensor on_fake, on_real;
  {
    const AutocastScope precision(run_);
    on_fake = judge(fake.maps, fake.image);
    on_real = judge(maps, batch.targets);
  }
  return 0.5 * (adversarial_loss(on_fake, 0) + adversarial_loss(on_real, 1));
}

at::Tensor AdversarialStep::train_discriminator(const Batch& batch, double learning_rate) {
  if (!balance_.discriminator_learns()) {
    const at::NoGradGuard no_grad;
    return discriminator_loss(batch);
  }
  const auto loss = discriminator_loss(batch);
  backward(loss, discriminator_adam_.parameters());
  discriminator_adam_.step(learning_rate * options_.discriminator_rate);
  return loss;
}

std::map<std::string, at::Tensor> AdversarialStep::generator_losses(const Batch& batch) {
  const AutocastScope precision(run_);
  std::map<std::string, at::Tensor> losses;
  if (adversarial()) {
    const auto maps = objective_.detach_maps ? batch.maps.detach() : batch.maps;
    losses["adversarial"] = adversarial_loss(judge(maps, batch.image), 1);
  }
  if (objective_.perceptual > 0) {
    losses["perceptual"] = (*perceptual_)(
        batch.image, batch.target_features.empty() ? perceptual_->target_features(batch.targets)
                                                   : batch.target_features);
  }
  losses["pixel"] = objective_.pixel_distance == "squares"
                        ? squared_loss(batch.image, batch.targets, objective_.pixel_scale)
                        : objective_.pixel_scale * pixel_loss(batch.image, batch.targets);
  if (objective_.ssim > 0) losses["ssim"] = ssim_loss(batch.image, batch.targets);
  return losses;
}

std::map<std::string, double> AdversarialStep::operator()(const Batch& batch,
                                                          double learning_rate) {
  at::Tensor of_discriminator;
  if (adversarial()) {
    discriminator_->draw_from(run_.generator(concat("discriminator's dropout of step ", steps_)));
    if (steps_ % options_.discriminator_every == 0) {
      of_discriminator = train_discriminator(batch, learning_rate);
    }
  }
  auto losses = generator_losses(batch);
  at::Tensor total = objective_.pixel * losses["pixel"];
  if (adversarial()) total = total + objective_.adversarial * losses["adversarial"];
  if (objective_.perceptual > 0) total = total + objective_.perceptual * losses["perceptual"];
  if (objective_.ssim > 0) total = total + objective_.ssim * losses["ssim"];
  if (balance_.generator_learns()) {
    backward(total, generator_adam_.parameters());
    generator_adam_.step(learning_rate);
  }
  ++steps_;

  losses["generator"] = total;
  if (of_discriminator.defined()) losses["discriminator"] = of_discriminator;
  auto found = values(losses);
  if (of_discriminator.defined())
    balance_.look_at(2 * found["discriminator"], found["adversarial"]);
  return found;
}

TensorMap AdversarialStep::to_tensors() const {
  TensorMap tensors;
  tensors["steps"] = at::tensor({steps_}, at::kLong);
  add_under(tensors, "generator_adam.", generator_adam_.to_tensors());
  if (adversarial()) {
    add_under(tensors, "discriminator.", module_state(*discriminator_));
    add_under(tensors, "discriminator_adam.", discriminator_adam_.to_tensors());
    add_under(tensors, "history.", history_.to_tensors());
    tensors["history_random"] = history_random_.get_state();
    if (options_.balance.on) tensors["balance"] = balance_.to_tensor();
  }
  return tensors;
}

void AdversarialStep::restore(const TensorMap& tensors, const std::string& where) {
  const auto steps = tensors.find("steps");
  const auto random = tensors.find("history_random");
  if (steps == tensors.end() || (adversarial() && random == tensors.end())) {
    throw Error(where, "holds no state of this training step",
                "Resume with the settings the checkpoint was made with");
  }
  steps_ = steps->second.item<int64_t>();
  generator_adam_.restore(state_under(tensors, "generator_adam."), where);
  if (!adversarial()) return;
  load_module_state(*discriminator_, tensors, "discriminator.", where);
  discriminator_adam_.restore(state_under(tensors, "discriminator_adam."), where);
  history_.restore(state_under(tensors, "history."), where);
  history_random_.set_state(random->second);
  const auto balance = tensors.find("balance");
  if (balance != tensors.end()) balance_.restore(balance->second);
}

}  // namespace afterimage
