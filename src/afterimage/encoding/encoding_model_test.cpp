#include "afterimage/encoding/encoding_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/encoding/example_encoding.h"

namespace afterimage {
namespace {

using example::encoding_world;
using example::quiet;

TEST(EncodingModel, FindsHowMuchOfTheResponsesImagesExplain) {
  const auto world = encoding_world(/*photographs=*/60, /*repeats=*/1, /*noise=*/1);
  EncodingModel model({}, world.sensors, quiet());
  model.fit(world.source, quiet());
  // Signal and noise have equal variance: half of it is explained, but for what fitting costs.
  const auto r2 = model.r2().mean().item<double>();
  EXPECT_GT(r2, 0.38);
  EXPECT_LT(r2, 0.53);
  EXPECT_FALSE(model.knows_noise());
  const auto predicted = model.predict(world.images);
  const auto truth = world.signal;  // (n, sensor, 1)
  const auto left = (predicted - truth).square().mean() / truth.square().mean();
  EXPECT_LT(left.item<double>(), 0.15);
}

TEST(EncodingModel, TellsNoiseFromMisfitByRepeats) {
  auto world = encoding_world(60, /*repeats=*/3, /*noise=*/1);
  EncodingOptions blind;
  blind.lambdas = {1e9};  // no weights: all signal is misfit
  EncodingModel model(blind, world.sensors, quiet());
  model.fit(world.source, quiet());
  EXPECT_TRUE(model.knows_noise());
  EXPECT_NEAR(model.noise_share().mean().item<double>(), 0.5, 0.05);
  // Of a mean of nine the noise is a ninth, the misfit whole.
  auto generator = quiet().generator("draws");
  double sum = 0;
  for (int i = 0; i < 300; ++i) sum += model.draw(9, generator).square().mean().item<double>();
  EXPECT_NEAR(sum / 300, (1 + 1.0 / 9) / 2, 0.05);
}

TEST(EncodingModel, ShuffledStimuliLeaveNothingToExplain) {
  const auto world = encoding_world(60, 1, 0.2, /*shuffled=*/true);
  EncodingModel model({}, world.sensors, quiet());
  model.fit(world.source, quiet());
  EXPECT_LT(model.r2().mean().item<double>(), 0.02);
}

TEST(EncodingModel, SensorsWithoutFieldsSeeTheWholeStimulus) {
  auto world = encoding_world(60, 1, 0.2);
  for (const size_t s : {0, 3}) world.sensors.x[s] = world.sensors.y[s] = std::nan("");
  EncodingModel model({}, world.sensors, quiet());
  model.fit(world.source, quiet());
  for (const int64_t s : {0, 3}) EXPECT_GT(model.r2()[s][0].item<double>(), 0.1);
  EXPECT_GT(model.r2()[1][0].item<double>(), 0.5);
}

TEST(EncodingModel, IsTheSameAfterLoading) {
  auto world = encoding_world(40, 1, 0.5);
  world.sensors.x[2] = std::nan("");
  EncodingOptions options;
  options.nonlinearity = "cubic";
  EncodingModel model(options, world.sensors, quiet()), loaded(options, world.sensors, quiet());
  model.fit(world.source, quiet());
  loaded.load(model.state(), "test");
  EXPECT_TRUE(model.predict(world.images).equal(loaded.predict(world.images)));
  EXPECT_TRUE(model.draw(2, quiet().generator("a")).equal(loaded.draw(2, quiet().generator("a"))));
  auto state = model.state();
  state.erase("field.weight");
  EXPECT_THROW(loaded.load(state, "test"), Error);
}

TEST(EncodingModel, PredictionsHaveTheGradientOfTheirDifferences) {
  const auto world = encoding_world(40, 1, 0.5);
  EncodingModel model({}, world.sensors, quiet());
  model.fit(world.source, quiet());
  auto image = world.images.narrow(0, 0, 1).clone().requires_grad_();
  model.predict(image)[0][1][0].backward();
  const auto step = at::randn(image.sizes(), quiet().generator("step")) * 1e-3;
  const at::NoGradGuard no_grad;
  const auto value = [&](double sign) {
    return model.predict(image + sign * step)[0][1][0].item<double>();
  };
  EXPECT_NEAR((image.grad() * step).sum().item<double>(), (value(1) - value(-1)) / 2, 2e-5);
}

TEST(EncodingModel, RefusesTooLittle) {
  const auto world = encoding_world(40, 1, 0.5);
  EncodingModel model({}, world.sensors, quiet());
  const auto few = ArraySource(world.signal.narrow(0, 0, 10), world.images.narrow(0, 0, 10));
  EXPECT_THROW(model.fit(few, quiet()), Error);
  EncodingOptions none;
  none.lambdas = {};
  EXPECT_THROW(EncodingModel(none, world.sensors, quiet()), Error);
}

}  // namespace
}  // namespace afterimage
