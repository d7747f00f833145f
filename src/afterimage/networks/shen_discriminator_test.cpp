#include "afterimage/networks/shen_discriminator.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::error;
using reference::wave;

TEST(ShenDiscriminator, ItsLogitIsTheSoftmaxOfPyTorch) {
  const auto expected = reference::read("shen.safetensors");
  constexpr int64_t stride = 11;
  ShenDiscriminator network(2);
  network->to(at::kDouble);
  reference::fill(*network);
  for (const auto& [name, label] : {std::pair(std::string("shown"), 1.0), {"made", 0.0}}) {
    network->zero_grad();
    const auto image = (wave({3, 3, 67, 67}) * 0.5 + 0.5).requires_grad_();
    const auto logits = network(at::zeros({3, 0, 67, 67}), image);
    ASSERT_EQ(logits.sizes(), (std::vector<int64_t>{3, 1}));
    const auto loss = at::binary_cross_entropy_with_logits(logits, at::full_like(logits, label));
    loss.backward();
    EXPECT_LT(error(loss, expected.at(name + ".loss")), 1e-10);
    EXPECT_LT(error(image.grad(), expected.at(name + ".gradient"), stride), 1e-10);
    for (const auto& entry : network->named_parameters()) {
      EXPECT_LT(error(entry.value().grad(), expected.at(name + ".grad." + entry.key()), stride),
                1e-10)
          << name << " " << entry.key();
    }
  }
}

TEST(ShenDiscriminator, DropsInTrainingAndTakesTheSmallestImage) {
  ShenDiscriminator network(4);
  network->initialise(at::detail::createCPUGenerator(1));
  const auto side = ShenDiscriminatorImpl::least_side;
  const auto image = at::rand({2, 3, side, side}, at::detail::createCPUGenerator(2));
  const auto drawn = [&](uint64_t seed) {
    network->draw_from(at::detail::createCPUGenerator(seed));
    return network(at::Tensor(), image);
  };
  EXPECT_TRUE(drawn(1).equal(drawn(1)));
  EXPECT_FALSE(drawn(1).equal(drawn(2)));
  network->eval();
  EXPECT_TRUE(drawn(1).equal(drawn(2)));
  EXPECT_ANY_THROW(network(at::Tensor(), image.narrow(2, 0, side - 1)));
}

}  // namespace
}  // namespace afterimage
