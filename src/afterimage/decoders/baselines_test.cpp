// The published baselines: linear-Gaussian MAP and Nishimoto's reconstruction.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "afterimage/decoders/image_components.h"
#include "afterimage/decoders/linear_gaussian.h"
#include "afterimage/decoders/nishimoto.h"
#include "afterimage/recordings/array_source.h"
#include "afterimage/similarity/correlation.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::error;
using reference::wave;

RunContext quiet_run() {
  RunOptions options;
  options.threads = 2;
  options.weights = std::string(AFTERIMAGE_ASSETS) + "/weights";
  return example::prepared_run(options);
}

/// make_baselines.py's images, (30, 3, 2, 2) uint8.
at::Tensor bytes() {
  return ((wave({30, 12}) * 0.5 + 0.5) * 255).round().to(at::kByte).view({30, 3, 2, 2});
}

TEST(LinearGaussian, AgreesWithNumPyOnPixels) {
  const auto expected = reference::read("decoders/baselines.safetensors");
  const auto run = quiet_run();
  const ArraySource source(at::zeros({30, 1, 1}), bytes());
  const auto images = image_components(source, 100, run);
  ASSERT_EQ(images.components.size(0), 12);
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < 30; ++i) rows.push_back(i);
  const auto scores = images.scores(source.images(rows));
  EXPECT_LT(scores.mean(0).abs().max().item<double>(), 1e-12);
  EXPECT_LT(error(scores.square().mean(0), images.variance), 1e-10);
  for (const int64_t sensors : {5, 20}) {  // less and more than components: both forms
    const auto r = wave({30, sensors}, 0.5);
    const auto mean = r.mean(0);
    const auto noise = wave({sensors}, 1.5).abs() + 0.3;
    const auto gram = at::mm(scores.t(), scores) + 2.0 * at::eye(12, at::kDouble);
    const auto b = at::linalg_solve(gram, at::mm(scores.t(), r - mean));
    const auto gain = posterior_gain(b, images.variance, noise);
    const auto made =
        images.mean + at::mm(at::mm(wave({4, sensors}, 2.5) - mean, gain), images.components);
    EXPECT_LT(error(made, expected.at("map." + std::to_string(sensors))), 1e-10) << sensors;
  }
}

TEST(Nishimoto, LikelihoodAgreesWithSciPy) {
  const auto expected = reference::read("decoders/baselines.safetensors");
  for (const int64_t shared : {0, 2}) {
    const ResidualNoise noise{wave({7, shared}, 3), wave({7}, 2).abs() + 0.5};
    for (const auto& [type, tolerance] : {std::pair(at::kDouble, 1e-10), {at::kFloat, 1e-5}}) {
      const auto predictions = wave({6, 7}, 1).to(type);
      const auto found =
          log_likelihood(wave({5, 7}).to(type), predictions, noise.solve(predictions));
      EXPECT_LT(
          error(found - found.narrow(1, 0, 1), expected.at("likelihood." + std::to_string(shared))),
          tolerance)
          << shared;
    }
  }
}

TEST(ImageComponents, LeadingOnesAreThoseOfAllPixels) {
  const auto random = at::detail::createCPUGenerator(3);
  // Variances that fall by a fifth from one direction to the next, as those of photographs do.
  const auto spread = at::pow(at::full({1}, 0.8), at::arange(192, at::kFloat));
  const auto basis = std::get<0>(at::linalg_qr(at::randn({192, 192}, random)));
  const auto x = at::mm(at::randn({400, 192}, random) * spread, basis) * 0.1 + 0.5;
  const ArraySource source(at::zeros({400, 1, 1}), x.clamp(0, 1).view({400, 3, 8, 8}));
  const auto found = image_components(source, 10, quiet_run());
  ASSERT_EQ(found.components.sizes(), (std::vector<int64_t>{10, 192}));
  const auto centred = x.clamp(0, 1).to(at::kDouble) - x.clamp(0, 1).to(at::kDouble).mean(0);
  const auto [values, vectors] = at::linalg_eigh(at::mm(centred.t(), centred) / 400);
  const auto first = vectors.flip(1).narrow(1, 0, 10).t();
  EXPECT_LT(error(found.variance, values.flip(0).narrow(0, 0, 10)), 1e-6);
  EXPECT_LT(((found.components * first).sum(1).abs() - 1).abs().max().item<double>(), 1e-6);
}

/// Images of 32 px and responses that are linear in their brightness at sixteen places, with noise.
struct World {
  explicit World(int64_t count, uint64_t seed = 1) {
    const auto random = at::detail::createCPUGenerator(seed);
    const auto coarse = at::randint(256, {count, 3, 4, 4}, random).to(at::kByte);
    images = coarse.repeat_interleave(8, 2).repeat_interleave(8, 3);
    const auto gray = coarse.to(at::kFloat).mean(1).flatten(1) / 255 - 0.5;  // (n, 16)
    responses = (gray * 7 + at::randn(gray.sizes(), random) * 0.3).unsqueeze(2);
  }
  at::Tensor images, responses;
};

DecoderInput sixteen_sensors() {
  DecoderInput input;
  for (int i = 0; i < 16; ++i) input.sensors.name.push_back(std::to_string(i));
  for (int i = 0; i < 16; ++i) {  // of each square the middle
    input.sensors.x.push_back((i % 4 + 0.5) / 4);
    input.sensors.y.push_back((i / 4 + 0.5) / 4);
    input.sensors.size.push_back(0.08);
  }
  input.bins = {{0, 100}};
  input.image_size = 32;
  return input;
}

void set(Decoder& decoder, const std::string& name, const std::string& value) {
  auto options = decoder.options();
  set_option(find_option(options, name, "test"), value, "test");
}

TEST(LinearGaussian, IsThePosteriorMeanOfItsOwnParts) {
  const World world(200);
  const auto run = quiet_run();
  const ArraySource source(world.responses, world.images);
  LinearGaussianDecoder decoder;
  set(decoder, "lambda", "5");
  decoder.build(sixteen_sensors(), run);
  decoder.fit(source, {run, {}, false, {}});
  const auto state = decoder.state();
  EXPECT_EQ(state.at("prior").size(0), 48);  // what 3 x 4 x 4 squares span
  // The noise is that of samples the model has not seen: above what it was made with, not by much.
  const auto noise = state.at("noise").mean().item<double>();
  EXPECT_GT(noise, 0.09);
  EXPECT_LT(noise, 0.2);
  // The same on the pixels of the squares, whose covariance is small enough to write down.
  const auto x = (world.images.to(at::kDouble) / 255).flatten(1);
  const auto r = world.responses.flatten(1).to(at::kDouble);
  const auto xc = x - x.mean(0);
  const auto dual = at::mm(xc, xc.t()) + 5 * at::eye(200, at::kDouble);
  const auto b = at::mm(xc.t(), at::linalg_solve(dual, r - r.mean(0)));  // (pixels, 16)
  const auto xb = at::mm(xc, b);
  const auto system = at::mm(xb.t(), xb) / 200 + at::diag(state.at("noise"));
  const auto covariance = at::mm(xb.t(), xc) / 200;  // B' S
  const World fresh(20, 2);
  const auto test = fresh.responses.flatten(1).to(at::kDouble) - r.mean(0);
  const auto expected =
      (x.mean(0) + at::mm(test, at::linalg_solve(system, covariance))).clamp(0, 1);
  const auto made = decoder.reconstruct(fresh.responses);
  EXPECT_LT(error(made.flatten(1), expected), 1e-5);
  // It knows the brightness, and leaves colour at what goes with it on average.
  const auto truth = fresh.images.to(at::kFloat) / 255;
  const auto mean = (truth.mean(1) - made.mean(1)).square().mean().item<double>();
  const auto prior = (truth.mean(1) - x.mean()).square().mean().item<double>();
  EXPECT_LT(mean, 0.3 * prior);
}

TEST(LinearGaussian, RefusesWhatHasNothingToLearn) {
  const auto run = quiet_run();
  LinearGaussianDecoder decoder;
  decoder.build(sixteen_sensors(), run);
  const ArraySource alike(at::randn({5, 16, 1}), at::full({5, 3, 32, 32}, 7, at::kByte));
  EXPECT_THROW(decoder.fit(alike, {run, {}, false, {}}), Error);
  EXPECT_THROW(decoder.load({}, "model"), Error);
}

TEST(Nishimoto, AveragesTheMostLikelyImages) {
  const World world(60);
  const auto run = quiet_run();
  // The first five twice: the prior has each stimulus once.
  const auto twice = [](const at::Tensor& x) { return at::cat({x, x.narrow(0, 0, 5)}); };
  std::vector<int64_t> stimulus;
  for (int64_t i = 0; i < 65; ++i) stimulus.push_back(i % 60);
  const ArraySource source(twice(world.responses), twice(world.images), stimulus);
  NishimotoDecoder decoder;
  set(decoder, "top", "3");
  decoder.build(sixteen_sensors(), run);
  decoder.fit(source, {run, {}, false, {}});
  const auto state = decoder.state();
  ASSERT_EQ(state.at("images").size(0), 60);
  EXPECT_EQ(decoder.pretrained().at(0).network, "squeezenet");

  // By the definition, one image at a time.
  const auto r = world.responses.narrow(0, 0, 8).flatten(1).to(at::kDouble);
  const auto loadings = state.at("noise.loadings").to(at::kDouble);
  const auto own = state.at("noise.diagonal").to(at::kDouble);
  const auto all = own + loadings.square().sum(1);
  const auto covariance = loadings.mm(loadings.t()) + at::diag(own.maximum(all * 1e-3));
  const auto made = decoder.reconstruct(world.responses.narrow(0, 0, 8));
  for (int64_t i = 0; i < 8; ++i) {
    const auto away = r[i] - state.at("predictions").to(at::kDouble);  // (m, p)
    const auto distance = (away * at::linalg_solve(covariance, away.t()).t()).sum(1);
    const auto nearest = std::get<1>(distance.topk(3, 0, /*largest=*/false));
    const auto expected = state.at("images").index_select(0, nearest).to(at::kFloat).mean(0) / 255;
    EXPECT_LT((made[i] - expected).abs().max().item<double>(), 1e-6);
  }

  NishimotoDecoder again;
  set(again, "top", "3");
  again.build(sixteen_sensors(), run);
  again.load(state, "model");
  EXPECT_TRUE(again.reconstruct(world.responses).equal(decoder.reconstruct(world.responses)));
  set(again, "top", "61");
  EXPECT_THROW(again.load(state, "model"), Error);
  EXPECT_THROW(again.fit(source, {run, {}, false, {}}), Error);
}

TEST(Nishimoto, FindsImagesLikeThoseSeen) {
  // New images, which the prior does not have: it finds like ones, and with others' responses not.
  const World world(400);
  const World fresh(40, 2);
  const auto run = quiet_run();
  const ArraySource source(world.responses, world.images);
  for (const std::string fields : {"true", "false"}) {
    NishimotoDecoder decoder;
    set(decoder, "likelihood.features", "local");
    set(decoder, "fields", fields);
    decoder.build(sixteen_sensors(), run);
    EXPECT_TRUE(decoder.pretrained().empty());
    decoder.fit(source, {run, {}, false, {}});
    const auto alike = [&](const at::Tensor& responses) {
      const auto sums = moments(decoder.reconstruct(responses).mean(1).flatten(1),
                                fresh.images.to(at::kFloat).mean(1).flatten(1));
      return pearson_of_moments(sums).mean().item<double>();
    };
    EXPECT_GT(alike(fresh.responses), 0.4) << fields;
    EXPECT_LT(std::abs(alike(fresh.responses.roll(1, 0))), 0.1) << fields;
  }
}

}  // namespace
}  // namespace afterimage
