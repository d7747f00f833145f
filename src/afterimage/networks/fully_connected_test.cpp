#include "afterimage/networks/fully_connected.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "afterimage/networks/dropout.h"
#include "afterimage/networks/initialise.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::error;
using reference::wave;

TEST(FullyConnected, AgreesWithPyTorch) {
  const auto expected = reference::read("fully_connected.safetensors");
  constexpr int64_t stride = 7;
  for (const auto& [type, tolerance] : {std::pair(at::kDouble, 1e-10), {at::kFloat, 1e-5}}) {
    FullyConnected network(2, 8, FullyConnectedOptions{.divisor = 20000});
    network->to(type);
    reference::fill(*network);
    const auto maps = wave({4, 2, 8, 8}).to(type).requires_grad_();
    // Channels last, as maps come: what counts is their order (n, c, y, x).
    const auto image = network(maps.contiguous(at::MemoryFormat::ChannelsLast));
    (image * wave(image.sizes(), 4).to(type)).sum().backward();
    EXPECT_LT(error(image, expected.at("image"), stride), tolerance);
    if (type != at::kDouble) continue;  // in float32 a rectifier at zero may go either way
    EXPECT_LT(error(maps.grad(), expected.at("grad.maps"), stride), tolerance);
    for (const auto& entry : network->named_parameters()) {
      EXPECT_LT(error(entry.value().grad(), expected.at("grad." + entry.key()), stride), tolerance)
          << entry.key();
    }
  }
}

TEST(FullyConnected, DropsHalfOfTheInnermostBlockInTrainingAlone) {
  FullyConnected network(2, 8, FullyConnectedOptions{.divisor = 500});
  initialise_uniform(*network, at::detail::createCPUGenerator(1));
  const auto maps = at::randn({4, 2, 8, 8}, at::detail::createCPUGenerator(2)) * 100;
  const auto drawn = [&](uint64_t seed) {
    network->draw_from(at::detail::createCPUGenerator(seed));
    return network(maps);
  };
  EXPECT_TRUE(drawn(1).equal(drawn(1)));
  EXPECT_FALSE(drawn(1).equal(drawn(2)));
  network->eval();
  EXPECT_TRUE(drawn(1).equal(drawn(2)));
}

TEST(Dropout, KeepsTheMean) {
  const auto dropped = dropout(at::ones({100, 100}), 0.5, at::detail::createCPUGenerator(3));
  EXPECT_NEAR(dropped.mean().item<double>(), 1, 0.03);
  EXPECT_TRUE(dropped.eq(0).logical_or(dropped.eq(2)).all().item<bool>());
  EXPECT_NEAR(dropped.eq(0).to(at::kFloat).mean().item<double>(), 0.5, 0.02);
}

TEST(Initialise, UniformIsWithinItsReach) {
  FullyConnected network(2, 8, FullyConnectedOptions{.divisor = 1000});
  initialise("uniform", *network, at::detail::createCPUGenerator(1));
  const auto weight = network->named_parameters()["last.weight"];
  EXPECT_NEAR(weight.std().item<double>(), 0.07 / std::sqrt(3.0), 1e-3);
  EXPECT_LE(weight.abs().max().item<double>(), 0.07);
  EXPECT_EQ(network->named_parameters()["last.bias"].abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace afterimage
