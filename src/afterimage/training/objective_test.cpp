#include "afterimage/training/objective.h"

#include <gtest/gtest.h>

#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/networks/feature_network.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::error;
using reference::wave;

std::shared_ptr<FeatureNetwork> squeezenet(at::ScalarType type) {
  const std::string file = std::string(AFTERIMAGE_ASSETS) + "/weights/squeezenet1_0.safetensors";
  auto network = make_feature_network("squeezenet", read_safetensors(file), file);
  network->to(type);
  return network;
}

at::Tensor images(double phase) { return wave({2, 3, 32, 32}, phase) * 0.5 + 0.5; }

TEST(Objective, AdversarialLossAgreesWithPyTorch) {
  const TensorMap expected = reference::read("objective.safetensors");
  for (const int label : {0, 1}) {
    const auto logits = (wave({2, 1, 3, 3}) * 4).requires_grad_();
    const auto loss = adversarial_loss(logits, label);
    loss.backward();
    const std::string name = "adversarial." + std::to_string(label);
    EXPECT_LT(error(loss, expected.at(name)), 1e-10) << name;
    EXPECT_LT(error(logits.grad(), expected.at(name + ".gradient")), 1e-10) << name;
  }
}

TEST(Objective, LossesOfReducedPrecisionAreFloat) {
  const auto logits = wave({2, 1, 3, 3}).to(at::kBFloat16);
  EXPECT_EQ(adversarial_loss(logits, 1).scalar_type(), at::kFloat);
  EXPECT_EQ(pixel_loss(logits, logits).scalar_type(), at::kFloat);
}

TEST(Objective, SsimLossAgreesWithPyTorch) {
  const TensorMap expected = reference::read("training_ours.safetensors");
  for (const auto& [type, tolerance] : {std::pair{at::kDouble, 1e-10}, {at::kFloat, 1e-5}}) {
    const auto image = [scalar = type](double phase) {
      return (wave({2, 3, 16, 16}, phase) * 0.5 + 0.5).to(scalar);
    };
    const auto fake = image(1).requires_grad_();
    const auto loss = ssim_loss(fake, image(2));
    loss.backward();
    const auto gradient = fake.grad().slice(2, 0, 16, 3).slice(3, 0, 16, 3);  // as it is kept
    EXPECT_LT(error(loss, expected.at("ssim")), tolerance);
    EXPECT_LT(error(gradient, expected.at("ssim.gradient")), tolerance);
  }
  EXPECT_LT(std::abs(ssim_loss(images(1), images(1)).item<double>()), 1e-12);
}

TEST(ObjectiveOptions, BalanceMovesWeightBetweenPixelsAndFeatures) {
  ObjectiveOptions options;
  options.ssim = 0.25;
  const auto same = options.weighed();
  EXPECT_EQ(same.pixel, options.pixel);
  EXPECT_EQ(same.adversarial, options.adversarial);
  options.balance = 0.8;
  const auto features = options.weighed();
  EXPECT_DOUBLE_EQ(features.pixel, 0.4 * options.pixel);
  EXPECT_DOUBLE_EQ(features.ssim, 0.4 * options.ssim);
  EXPECT_DOUBLE_EQ(features.perceptual, 1.6 * options.perceptual);
  EXPECT_DOUBLE_EQ(features.adversarial, 1.6 * options.adversarial);
  EXPECT_DOUBLE_EQ(features.weighed().pixel, features.pixel);  // counted once
  options.balance = 1;
  EXPECT_DOUBLE_EQ(options.weighed().pixel, 0.2 * options.pixel);
  options.balance = 0;
  EXPECT_EQ(options.weighed().perceptual, 0);
  options.name_layers();
  EXPECT_TRUE(options.layers.empty());  // no network is needed
}

TEST(Objective, SquaredLossAgreesWithPyTorch) {
  const TensorMap expected = reference::read("shen.safetensors");
  const auto fake = (wave({4, 3, 8, 8}) * 0.5 + 0.5).requires_grad_();
  const auto loss = squared_loss(fake, wave({4, 3, 8, 8}, 1) * 0.5 + 0.5, 255);
  loss.backward();
  EXPECT_LT(error(loss, expected.at("squares")), 1e-10);
  EXPECT_LT(error(fake.grad(), expected.at("squares.gradient"), 11), 1e-10);
}

/// Every distance over the layers' mean at the images' size, and over their sum resized to 40.
void expect_perceptual_parity(at::ScalarType type, double tolerance) {
  const TensorMap expected = reference::read("objective.safetensors");
  const auto network = squeezenet(type);
  for (const std::string distance : {"l1", "l2", "relative"}) {
    for (const std::string sum : {"mean", "sum"}) {
      ObjectiveOptions options;
      options.distance = distance;
      options.feature_sum = sum;
      options.feature_size = sum == "sum" ? 40 : 0;
      const PerceptualLoss perceptual(network, options);
      const auto fake = images(1).to(type).requires_grad_();
      const auto features = perceptual.target_features(images(2).to(type));
      for (const auto& layer : features) EXPECT_FALSE(layer.requires_grad());
      const auto loss = perceptual(fake, features);
      loss.backward();
      const std::string name = "perceptual." + distance + "." + sum;
      EXPECT_LT(error(loss, expected.at(name)), tolerance) << name;
      if (type != at::kDouble) continue;  // in float32 a rectifier at zero may go either way
      EXPECT_LT(error(fake.grad(), expected.at(name + ".gradient"), 17), tolerance) << name;
    }
  }
}

TEST(PerceptualLoss, AgreesWithPyTorchInFloat64) { expect_perceptual_parity(at::kDouble, 1e-10); }

TEST(PerceptualLoss, AgreesWithPyTorchInFloat32) { expect_perceptual_parity(at::kFloat, 1e-5); }

TEST(PerceptualLoss, InputsOfThePublishedCodesAgreeWithPyTorch) {
  const TensorMap expected = reference::read("published.safetensors");
  for (const auto& [type, tolerance] : {std::pair(at::kDouble, 1e-10), {at::kFloat, 1e-5}}) {
    for (const bool align_corners : {false, true}) {
      for (const bool normalise : {false, true}) {
        ObjectiveOptions options;
        options.feature_size = 40;
        options.align_corners = align_corners;
        options.normalise_input = normalise;
        const PerceptualLoss perceptual(squeezenet(type), options);
        const auto fake = images(1).to(type).requires_grad_();
        const auto loss = perceptual(fake, perceptual.target_features(images(2).to(type)));
        loss.backward();
        const std::string name = concat("input.", align_corners, ".", normalise);
        EXPECT_LT(error(loss, expected.at(name)), tolerance) << name;
        if (type != at::kDouble) continue;
        EXPECT_LT(error(fake.grad(), expected.at(name + ".gradient"), 17), tolerance) << name;
      }
    }
  }
}

TEST(ObjectiveOptions, NamesTheLayersThatAreCompared) {
  ObjectiveOptions options;
  options.name_layers();
  EXPECT_EQ(options.layers, squeezenet(at::kFloat)->loss_layers());
  options.layers = {"features.3"};
  options.name_layers();
  EXPECT_EQ(options.layers, (std::vector<std::string>{"features.3"}));
  ObjectiveOptions none;
  none.perceptual = 0;
  none.name_layers();
  EXPECT_TRUE(none.layers.empty()) << "nothing is compared";
}

TEST(PerceptualLoss, IsZeroForTheTargetItself) {
  const PerceptualLoss perceptual(squeezenet(at::kFloat), {});
  const auto target = images(1).to(at::kFloat);
  EXPECT_EQ(perceptual(target, perceptual.target_features(target)).item<double>(), 0);
}

TEST(PerceptualLoss, RefusesALayerTheNetworkLacks) {
  ObjectiveOptions options;
  options.layers = {"features.4", "features.40"};
  try {
    const PerceptualLoss perceptual(squeezenet(at::kFloat), options);
    FAIL() << "no error";
  } catch (const Error& problem) {
    EXPECT_STREQ(problem.what(),
                 "layers: squeezenet has no layer 'features.40'. Did you mean 'features.0'?");
  }
}

}  // namespace
}  // namespace afterimage
