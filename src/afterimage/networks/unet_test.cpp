#include "afterimage/networks/unet.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "afterimage/networks/initialise.h"
#include "afterimage/networks/module_state.h"
#include "afterimage/networks/patchgan.h"
#include "afterimage/networks/strided_convolution.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::error;
using reference::wave;

constexpr int64_t stride = 17;  // of what make_networks.py keeps

/// One training pass against PyTorch's: output, every gradient, running statistics, evaluation.
template <typename Module, typename... Inputs>
void expect_parity(const std::string& name, Module& module, at::ScalarType type, double tolerance,
                   Inputs... values) {
  const TensorMap expected = reference::read("networks.safetensors");
  module->to(type);
  reference::fill(*module);
  std::vector<at::Tensor> inputs = {values.to(type).requires_grad_()...};
  const auto run = [&] {
    if constexpr (sizeof...(values) == 1)
      return module->forward(inputs[0]);
    else
      return module->forward(inputs[0], inputs[1]);
  };
  const auto output = run();
  (output * wave(output.sizes(), 1).to(type)).sum().backward();

  EXPECT_LT(error(output, expected.at(name + ".output"), stride), tolerance);
  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_LT(error(inputs[i].grad(), expected.at(name + ".input." + std::to_string(i)), stride),
              tolerance)
        << "input " << i;
  }
  for (const auto& entry : module->named_parameters()) {
    EXPECT_LT(error(entry.value().grad(), expected.at(name + ".grad." + entry.key())), tolerance)
        << entry.key();
  }
  for (const auto& entry : module->named_buffers()) {
    EXPECT_LT(error(entry.value(), expected.at(name + ".buffer." + entry.key())), tolerance)
        << entry.key();
  }
  module->eval();
  EXPECT_LT(error(run(), expected.at(name + ".eval"), stride), tolerance);
}

UNet small_unet() { return UNet(3, UNetOptions{.width = 2}); }

TEST(UNet, AgreesWithPyTorchInFloat64) {
  auto unet = small_unet();
  expect_parity("unet", unet, at::kDouble, 1e-10, wave({3, 3, 64, 32}));
}

TEST(UNet, AgreesWithPyTorchInFloat32) {
  auto unet = small_unet();
  expect_parity("unet", unet, at::kFloat, 2e-5, wave({3, 3, 64, 32}));
}

TEST(PatchGan, AgreesWithPyTorchInFloat64) {
  PatchGan discriminator(5, 3);
  expect_parity("patchgan", discriminator, at::kDouble, 1e-10, wave({3, 2, 32, 48}),
                wave({3, 3, 32, 48}, 3));
}

TEST(PatchGan, AgreesWithPyTorchInFloat32) {
  PatchGan discriminator(5, 3);
  expect_parity("patchgan", discriminator, at::kFloat, 2e-5, wave({3, 2, 32, 48}),
                wave({3, 3, 32, 48}, 3));
}

TEST(UNet, TakesEitherMemoryLayoutAndGivesChannelsLast) {
  auto unet = small_unet();
  reference::fill(*unet);
  unet->eval();
  const at::NoGradGuard no_grad;
  const auto maps = wave({2, 3, 64, 64}).to(at::kFloat);
  const auto plain = unet->forward(maps);
  const auto last = unet->forward(maps.contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(last.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_LT(error(plain, last), 1e-6);
}

TEST(UNet, UnderAutocastTheImageKeepsTheMapsType) {
  RunOptions options;
  options.precision = "bf16";
  options.threads = 1;
  const RunContext run = example::prepared_run(options);
  auto unet = UNet(3, UNetOptions{.width = 8});
  initialise_normal(*unet, run.generator("test"));
  const auto maps = wave({2, 3, 64, 64}).to(at::kFloat);
  const auto exact = unet->forward(maps);
  const AutocastScope precision(run);
  const auto coarse = unet->forward(maps);
  EXPECT_EQ(coarse.scalar_type(), at::kFloat);
  EXPECT_LT(error(coarse, exact), 0.05);
  EXPECT_GT(error(coarse, exact), 0) << "autocast changed nothing";
}

/// Both ways to a convolution, and their gradients: the product (few pixels) against oneDNN or the
/// native kernels (many).
void expect_same_function(bool up, at::IntArrayRef shape) {
  const int64_t out = 5;
  const auto weight =
      wave(up ? at::IntArrayRef({shape[1], out, 4, 4}) : at::IntArrayRef({out, shape[1], 4, 4}), 1);
  const auto ours_x = wave(shape).requires_grad_();
  const auto ours_w = weight.clone().requires_grad_();
  const auto ours = up ? doubling_convolution(ours_x, ours_w) : halving_convolution(ours_x, ours_w);
  const auto x = wave(shape).requires_grad_();
  const auto w = weight.clone().requires_grad_();
  const auto expected = up ? at::conv_transpose2d(x, w, {}, 2, 1) : at::conv2d(x, w, {}, 2, 1);
  EXPECT_LT(error(ours, expected.flatten()), 1e-12);
  const auto direction = wave(expected.sizes(), 2);
  (ours * direction).sum().backward();
  (expected * direction).sum().backward();
  EXPECT_LT(error(ours_x.grad(), x.grad()), 1e-12);
  EXPECT_LT(error(ours_w.grad(), w.grad()), 1e-12);
}

TEST(StridedConvolution, SmallAndLargeMapsAreTheSameFunction) {
  for (const bool up : {false, true}) {
    expect_same_function(up, {1, 3, 2, 2});
    expect_same_function(up, {2, 3, 4, 6});
    expect_same_function(up, {2, 3, 32, 16});
  }
}

TEST(Initialise, FollowsTheGeneratorAndNothingElse) {
  auto first = small_unet(), second = small_unet();
  initialise_normal(*first, at::detail::createCPUGenerator(5));
  initialise_normal(*second, at::detail::createCPUGenerator(5));
  const auto state = module_state(*first);
  for (const auto& [name, tensor] : module_state(*second)) {
    EXPECT_TRUE(at::equal(tensor, state.at(name))) << name;
  }
  auto wide = UNet(3, UNetOptions{.width = 16});
  initialise_normal(*wide, at::detail::createCPUGenerator(5));
  const auto weights = wide->named_parameters()["block.inner.down.weight"];
  EXPECT_NEAR(weights.std().item<double>(), 0.02, 0.001);
  const auto gamma = wide->named_parameters()["block.inner.down_norm.weight"];
  EXPECT_NEAR(gamma.mean().item<double>(), 1, 0.01);
  EXPECT_EQ(wide->named_parameters()["first.bias"].abs().sum().item<double>(), 0);
  initialise_kaiming(*wide, at::detail::createCPUGenerator(5));
  EXPECT_NEAR(weights.std().item<double>(), std::sqrt(2.0 / (64 * 16)), 0.002);
}

TEST(Initialise, SpreadsAreThoseOfPyTorch) {
  // Of IRFA's init_weights, and of what a module draws when nothing is said (make_published.py).
  const TensorMap expected = reference::read("published.safetensors");
  auto unet = UNet(5, UNetOptions{.width = 8});
  auto parameters = unet->named_parameters();
  for (const std::string name : {"kaiming", "default"}) {
    initialise(name, *unet, at::detail::createCPUGenerator(5));
    for (const auto& entry : parameters) {
      const auto found = expected.find(name + "." + entry.key());
      if (found == expected.end()) continue;
      const double right = found->second.item<double>(),
                   count = static_cast<double>(entry.value().numel());
      if (name == "kaiming") {
        EXPECT_NEAR(entry.value().std().item<double>(), right, 4 * right / std::sqrt(2 * count))
            << entry.key();
      } else {
        const double most = entry.value().abs().max().item<double>();
        EXPECT_LE(most, right * (1 + 1e-6)) << entry.key();
        EXPECT_GT(most, right * 0.97) << entry.key();
      }
    }
  }
  EXPECT_EQ(parameters["block.down_norm.weight"].min().item<double>(), 1);
  EXPECT_EQ(parameters["block.down_norm.bias"].abs().max().item<double>(), 0);
  EXPECT_GT(parameters["first.bias"].abs().max().item<double>(), 0);
  initialise("normal", *unet, at::detail::createCPUGenerator(5));
  EXPECT_NEAR(parameters["block.inner.inner.down.weight"].std().item<double>(), 0.02, 0.001);
}

TEST(ModuleState, RestoresBitForBitAndNamesWhatDoesNotFit) {
  auto unet = small_unet(), other = small_unet();
  load_module_state(*other, module_state(*unet, "unet."), "unet.", "here");
  for (const auto& [name, tensor] : module_state(*unet)) {
    EXPECT_TRUE(at::equal(tensor, module_state(*other).at(name))) << name;
  }
  TensorMap state = module_state(*unet, "unet.");
  state["unet.last.weight"] = at::zeros({1, 2});
  try {
    load_module_state(*other, state, "unet.", "model/weights.safetensors");
    FAIL() << "no error";
  } catch (const Error& problem) {
    const std::string what = problem.what();
    EXPECT_NE(what.find("model/weights.safetensors: 'unet.last.weight' is [1, 2]"),
              std::string::npos)
        << what;
  }
  state.erase("unet.last.weight");
  EXPECT_THROW(load_module_state(*other, state, "unet.", "here"), Error);
}

}  // namespace
}  // namespace afterimage
