#include "afterimage/training/adversarial_step.h"

#include <gtest/gtest.h>

#include <functional>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "afterimage/base/text.h"
#include "afterimage/networks/feature_network.h"
#include "afterimage/networks/module_state.h"
#include "afterimage/networks/patchgan.h"
#include "afterimage/networks/unet.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::error;
using reference::wave;

/// The small model of make_training.py: a 1x1 convolution as projection, U-Net and discriminator.
class AdversarialStepTest : public ::testing::Test {
 protected:
  static RunContext make_run(const std::string& precision = "fp32") {
    RunOptions options;
    options.seed = 11;
    options.threads = 1;
    options.precision = precision;
    return example::prepared_run(options);
  }

  struct Model {
    Model(const RunContext& run, at::ScalarType scalar, const ObjectiveOptions& objective,
          const AdversarialStepOptions& options, double norm_momentum = 0.1)
        : type(scalar),
          predicts(options.fakes == "predicted"),
          unet(3, UNetOptions{.width = 2, .blocks = 3, .norm_momentum = norm_momentum}) {
      const auto file = std::string(AFTERIMAGE_ASSETS) + "/weights/squeezenet1_0.safetensors";
      const auto network = make_feature_network("squeezenet", read_safetensors(file), file);
      for (auto* module : modules()) {
        module->to(type);
        reference::fill(*module);
      }
      network->to(type);
      const std::vector<ParameterGroup> learned = {{projection->parameters()},
                                                   {unet->parameters()}};
      step = std::make_unique<AdversarialStep>(learned, discriminator.ptr(),
                                               std::make_shared<PerceptualLoss>(network, objective),
                                               objective, options, run);
    }

    std::vector<torch::nn::Module*> modules() {
      return {projection.get(), unet.get(), discriminator.get()};
    }

    /// The update with the number of make_training.py, which counts from 1.
    std::map<std::string, double> update(int number) {
      const auto maps = projection(wave({3, 4, 32, 32}, number).to(type));
      const auto targets = (wave({3, 3, 32, 32}, number + 0.5) * 0.5 + 0.5).to(type);
      at::Tensor fake;
      if (predicts) {
        unet->eval();
        fake = unet(maps);
        unet->train();
      }
      return (*step)({maps, unet(maps), targets, {}, fake}, 2e-3);
    }

    TensorMap state() {
      TensorMap all = module_state(*projection, "projection.");
      all.merge(module_state(*unet, "unet."));
      all.merge(module_state(*discriminator, "discriminator."));
      return all;
    }

    /// The gradients of the first update: Adam's first moment is then (1 - beta1) times them.
    TensorMap first_gradients() {
      const TensorMap tensors = step->to_tensors();
      TensorMap gradients;
      const auto add = [&](const std::string& prefix, torch::nn::Module& module,
                           const std::string& adam, size_t& place) {
        for (const auto& entry : module.named_parameters()) {
          gradients[prefix + entry.key()] =
              tensors.at(adam + ".m." + std::to_string(place++)) / 0.5;
        }
      };
      size_t place = 0;
      add("projection.", *projection, "generator_adam", place);
      add("unet.", *unet, "generator_adam", place);
      place = 0;
      add("discriminator.", *discriminator, "discriminator_adam", place);
      return gradients;
    }

    at::ScalarType type;
    bool predicts;
    torch::nn::Conv2d projection{torch::nn::Conv2dOptions(4, 3, 1)};
    UNet unet;
    PatchGan discriminator{6, 2};
    std::unique_ptr<AdversarialStep> step;
  };

  static ObjectiveOptions objective() {
    ObjectiveOptions options;
    options.adversarial = 0.3;
    options.perceptual = 0.02;
    options.pixel = 0.5;
    return options;
  }
  static AdversarialStepOptions short_history() {
    AdversarialStepOptions options;
    options.history = 5;  // is full, and exchanges, from the second update on
    return options;
  }

  RunContext run_ = make_run();
  TensorMap expected_ = reference::read("steps.safetensors");
};

void expect_losses(const std::map<std::string, double>& losses, const TensorMap& expected,
                   int number, double tolerance) {
  EXPECT_EQ(losses.size(), 5u);
  for (const auto& [name, value] : losses) {
    const double right = expected.at(concat(number, ".loss.", name)).item<double>();
    EXPECT_NEAR(value, right, tolerance * std::abs(right)) << name << " of step " << number;
  }
}

TEST_F(AdversarialStepTest, OneStepAgreesWithPyTorch) {
  Model model(run_, at::kDouble, objective(), short_history());
  expect_losses(model.update(1), expected_, 1, 1e-10);
  for (const auto& [name, gradient] : model.first_gradients()) {
    EXPECT_LT(error(gradient, expected_.at("1.grad." + name)), 1e-10) << name;
  }
  for (const auto& [name, tensor] : model.state()) {
    EXPECT_LT(error(tensor, expected_.at("1.weight." + name)), 1e-10) << name;
  }
}

TEST_F(AdversarialStepTest, TenStepsAgreeWithPyTorch) {
  Model model(run_, at::kDouble, objective(), short_history());
  for (int number = 1; number <= 10; ++number) {
    expect_losses(model.update(number), expected_, number, 1e-9);
  }
  for (const auto& [name, tensor] : model.state()) {
    EXPECT_LT(error(tensor, expected_.at("10.weight." + name)), 1e-8) << name;
  }
}

/// Three updates of make_published.py's `name`: losses, first gradients, and what is there at the
/// end.
void expect_published(const TensorMap& expected, const std::string& name,
                      const std::function<std::map<std::string, double>(int)>& update,
                      const std::function<TensorMap()>& gradients,
                      const std::function<TensorMap()>& state) {
  for (int number = 1; number <= 3; ++number) {
    for (const auto& [loss, value] : update(number)) {
      const double right = expected.at(concat(name, ".", number, ".loss.", loss)).item<double>();
      EXPECT_NEAR(value, right, 1e-10 * std::abs(right)) << loss << " of step " << number;
    }
    if (number > 1) continue;
    for (const auto& [key, gradient] : gradients()) {
      if (key.starts_with("discriminator")) continue;
      EXPECT_LT(error(gradient, expected.at(name + ".grad." + key)), 1e-10) << key;
    }
  }
  for (const auto& [key, tensor] : state()) {
    EXPECT_LT(error(tensor, expected.at(name + ".weight." + key)), 1e-9) << key;
  }
}

TEST_F(AdversarialStepTest, GradientsThroughTheMapsAgreeWithPyTorch) {
  auto terms = objective();
  terms.detach_maps = false;  // IRFA's code
  Model model(run_, at::kDouble, terms, short_history());
  expect_published(
      reference::read("published.safetensors"), "attached",
      [&](int number) { return model.update(number); }, [&] { return model.first_gradients(); },
      [&] { return model.state(); });
  // They are others than those of detached maps.
  Model detached(run_, at::kDouble, objective(), short_history());
  detached.update(1);
  EXPECT_GT(error(detached.first_gradients().at("projection.weight"),
                  reference::read("published.safetensors").at("attached.grad.projection.weight")),
            1e-3);
}

TEST_F(AdversarialStepTest, PredictedFakesAgreeWithPyTorch) {
  auto options = short_history();
  options.fakes = "predicted";  // the MXNet codes, with their momentum
  Model model(run_, at::kDouble, objective(), options, 0.9);
  expect_published(
      reference::read("published.safetensors"), "predicted",
      [&](int number) { return model.update(number); }, [&] { return model.first_gradients(); },
      [&] { return model.state(); });
}

TEST_F(AdversarialStepTest, OneStepInFloat32AgreesWithPyTorch) {
  Model model(run_, at::kFloat, objective(), short_history());
  expect_losses(model.update(1), expected_, 1, 1e-5);
  for (const auto& [name, gradient] : model.first_gradients()) {
    EXPECT_LT(error(gradient, expected_.at("1.grad." + name)), 2e-4) << name;
  }
}

TEST_F(AdversarialStepTest, UnderBf16LossesStayCloseAndWeightsFloat) {
  const RunContext run = make_run("bf16");
  Model model(run, at::kFloat, objective(), short_history());
  std::map<std::string, double> losses;
  for (int number = 1; number <= 3; ++number) losses = model.update(number);
  EXPECT_EQ(losses.size(), 5u);
  for (const auto& [name, value] : losses) {
    const double right = expected_.at("3.loss." + name).item<double>();
    EXPECT_NEAR(value, right, 0.1 * right) << name;
  }
  for (const auto& [name, tensor] : model.state())
    EXPECT_NE(tensor.scalar_type(), at::kBFloat16) << name;
}

TEST_F(AdversarialStepTest, GoesOnBitForBitFromItsState) {
  Model whole(run_, at::kFloat, objective(), short_history());
  for (int number = 1; number <= 3; ++number) whole.update(number);
  TensorMap saved;
  for (const auto& [name, tensor] : whole.step->to_tensors()) saved[name] = tensor.clone();
  Model resumed(run_, at::kFloat, objective(), short_history());
  load_module_state(*resumed.projection, module_state(*whole.projection), "", "here");
  load_module_state(*resumed.unet, module_state(*whole.unet), "", "here");
  resumed.step->restore(saved, "here");
  for (int number = 4; number <= 6; ++number) {
    EXPECT_EQ(whole.update(number), resumed.update(number));
  }
  const TensorMap right = whole.state();
  for (const auto& [name, tensor] : resumed.state()) {
    EXPECT_TRUE(at::equal(tensor, right.at(name))) << name;
  }
}

TEST_F(AdversarialStepTest, TheDiscriminatorLearnsEveryNthStep) {
  auto options = short_history();
  options.discriminator_every = 2;
  Model model(run_, at::kFloat, objective(), options);
  const auto weight = model.discriminator->named_parameters()["conv3.weight"];
  for (const bool learns : {true, false, true}) {
    const auto before = weight.clone();
    EXPECT_EQ(model.update(1).count("discriminator"), learns ? 1u : 0u);
    EXPECT_EQ(at::equal(weight, before), !learns);
    EXPECT_FALSE(weight.grad().defined()) << "the generator's update left gradients behind";
  }
}

TEST_F(AdversarialStepTest, WhoRestsKeepsItsWeightsAlsoAfterARestore) {
  auto options = short_history();
  options.balance.on = true;
  const auto weights = [](Model& model) {
    TensorMap copy;
    for (const auto& [name, tensor] : model.state()) copy[name] = tensor.clone();
    return copy;
  };
  const auto changed = [](const TensorMap& before, const TensorMap& after, const char* name) {
    return !before.at(name).equal(after.at(name));
  };
  for (const bool discriminator_rests : {true, false}) {
    // r lies between the two in any training; after the first step one of them rests.
    options.balance.rest_below = discriminator_rests ? 1e9 : 0;
    options.balance.learn_above = 1e9;
    options.balance.generator_rests_above = discriminator_rests ? 1e9 : 0;
    Model first(run_, at::kFloat, objective(), options),
        second(run_, at::kFloat, objective(), options);
    const auto begin = weights(first);
    first.update(1);
    const auto one = weights(first);
    EXPECT_TRUE(changed(begin, one, "unet.first.weight"));
    EXPECT_TRUE(changed(begin, one, "discriminator.conv1.weight"));
    second.update(1);
    Model third(run_, at::kFloat, objective(), options);
    third.step->restore(second.step->to_tensors(), "here");
    for (auto* model : {&first, &third}) {
      const auto before = weights(*model);
      const auto losses = model->update(2);
      const auto after = weights(*model);
      EXPECT_EQ(changed(before, after, "unet.first.weight"), discriminator_rests);
      EXPECT_EQ(changed(before, after, "discriminator.conv1.weight"), !discriminator_rests);
      EXPECT_TRUE(losses.contains("discriminator") && losses.contains("adversarial"));
    }
  }
}

TEST_F(AdversarialStepTest, ASigmoidTakenForLogitsBoundsTheLoss) {
  auto terms = objective();
  terms.verdict = "sigmoid";
  Model model(run_, at::kFloat, terms, short_history());
  for (const auto& entry : model.discriminator->named_parameters()) {
    if (entry.key() == "conv5.bias") entry.value().data().fill_(-100);  // sure that all is fake
  }
  const auto losses = model.update(1);
  EXPECT_NEAR(losses.at("discriminator"), std::log(2), 1e-5);  // of logits: near 50
  EXPECT_NEAR(losses.at("adversarial"), std::log(2), 1e-5);
}

TEST_F(AdversarialStepTest, CachedTargetFeaturesChangeNothing) {
  Model computed(run_, at::kFloat, objective(), short_history());
  Model cached(run_, at::kFloat, objective(), short_history());
  const auto file = std::string(AFTERIMAGE_ASSETS) + "/weights/squeezenet1_0.safetensors";
  const PerceptualLoss loss(make_feature_network("squeezenet", read_safetensors(file), file), {});
  const auto maps = cached.projection(wave({3, 4, 32, 32}, 1).to(at::kFloat));
  const auto targets = (wave({3, 3, 32, 32}, 1.5) * 0.5 + 0.5).to(at::kFloat);
  EXPECT_EQ(
      computed.update(1),
      (*cached.step)({maps, cached.unet(maps), targets, loss.target_features(targets)}, 2e-3));
}

TEST_F(AdversarialStepTest, TermsOfWeightZeroAreLeftOut) {
  auto terms = objective();
  terms.adversarial = terms.perceptual = 0;
  torch::nn::Conv2d generator(torch::nn::Conv2dOptions(4, 3, 1));
  AdversarialStep step({{generator->parameters()}}, nullptr, nullptr, terms, {}, run_);
  const auto maps = wave({3, 4, 32, 32}).to(at::kFloat);
  const auto targets = (wave({3, 3, 32, 32}, 1) * 0.5 + 0.5).to(at::kFloat);
  std::map<std::string, double> losses;
  for (int i = 0; i < 20; ++i) losses = step({maps, generator(maps).sigmoid(), targets, {}}, 1e-2);
  EXPECT_EQ(losses.size(), 2u);
  EXPECT_NEAR(losses.at("generator"), 0.5 * losses.at("pixel"), 1e-6);
  terms.pixel = 0;
  EXPECT_THROW(AdversarialStep({{generator->parameters()}}, nullptr, nullptr, terms, {}, run_),
               Error);
}

TEST_F(AdversarialStepTest, RefusesAStateOfAnotherModel) {
  Model model(run_, at::kFloat, objective(), short_history());
  TensorMap state = model.step->to_tensors();
  EXPECT_THROW(model.step->restore({}, "here"), Error);
  state["generator_adam.v.3"] = at::zeros({7});
  try {
    model.step->restore(state, "checkpoint.safetensors");
    FAIL() << "no error";
  } catch (const Error& problem) {
    EXPECT_STREQ(
        problem.what(),
        "checkpoint.safetensors: the optimiser's 'v.3' does not fit this model. Resume with "
        "the settings the checkpoint was made with");
  }
}

}  // namespace
}  // namespace afterimage
