#include "afterimage/decoders/minddiffuser.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/decoders/clip_retrieval.h"
#include "afterimage/decoders/training_stimuli.h"
#include "afterimage/recordings/array_source.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::wave;

constexpr int64_t samples = 60, sensors = 16, side = 4, units = 3 * side * side;

RunContext quiet_run() {
  RunOptions options;
  options.threads = 2;
  options.weights = std::string(AFTERIMAGE_ASSETS) + "/weights";
  return example::prepared_run(options);
}

DecoderInput decoder_input(int64_t size) {
  DecoderInput input;
  for (int64_t i = 0; i < sensors; ++i) {
    input.sensors.name.push_back(std::to_string(i));
    input.sensors.roi.push_back(i < sensors / 2 ? "V1" : "V4");
  }
  input.bins = {{0, 50}};
  input.image_size = size;
  return input;
}

at::Tensor random(at::IntArrayRef shape) {
  return at::randn(shape, quiet_run().generator("minddiffuser test"));
}

/// Images of which the first half of the values follow from the responses, the rest from nothing.
ArraySource source(int64_t size = side) {
  const auto responses = random({samples, sensors});
  auto images = at::rand({samples, 3 * size * size}, quiet_run().generator("pixels"));
  const int64_t half = images.size(1) / 2;
  const auto map = wave({sensors, half}).to(at::kFloat);
  images.slice(1, 0, half).copy_((at::mm(responses, map) * 0.05 + 0.5).clamp(0, 1));
  return {responses.unsqueeze(2).contiguous(), images.view({samples, 3, size, size})};
}

/// The pixels themselves as targets.
class Pixels : public TargetNetwork {
 public:
  const std::vector<std::string>& layers() const override { return layers_; }
  std::string identity() const override { return "pixels"; }
  std::vector<at::Tensor> of(const TargetInput& input) const override {
    return {input.images.flatten(1)};
  }
  std::vector<int64_t> unit_shape(size_t) const override { return {3, side, side}; }

 private:
  std::vector<std::string> layers_ = {"pixels"};
};

TEST(TargetRegression, PredictsWhatFollowsFromTheResponsesAndFindsWhichUnitsDo) {
  const auto run = quiet_run();
  const auto train = source();
  const TemporaryFolder folder;
  const TrainingStimuli training(train);
  const Pixels pixels;
  const Captions captions;
  write_targets(folder / "t.h5", false, {pixels, training.stimuli, captions}, {}, run);
  const TargetFile file(folder / "t.h5");
  const auto input = decoder_input(side);
  for (const std::string kind : {"ridge", "fastl2lir"}) {
    TargetRegressionOptions options;
    options.kind = kind;
    options.lambdas = {0.1, 10, 1e5};
    const auto make = [&](const TargetRegression::Choice& choice) {
      return TargetRegression(options, choice, input.sensors, 1, "test");
    };
    auto half = make({{}, 12, 0.5});
    half.fit(train, {file, "pixels", training.row}, run);
    EXPECT_TRUE(at::equal(half.units(), at::arange(units / 2))) << kind;
    EXPECT_EQ(half.layer_units(), units);
    const auto responses = train.responses(all_rows(samples));
    const auto found = half.predict(responses).to(at::kDouble);
    const auto shown = train.images(all_rows(samples)).flatten(1).slice(1, 0, units / 2);
    const auto correlation = at::corrcoef(at::stack({found.flatten(), shown.flatten()}));
    EXPECT_GT(correlation[0][1].item<double>(), 0.9) << kind;
    auto again = make({{}, 12, 0.5});
    again.load(half.state(), "test");
    EXPECT_TRUE(at::equal(again.predict(responses), half.predict(responses))) << kind;
    EXPECT_THROW(again.load({}, "test"), Error);
    // From one area alone, the other's responses change nothing.
    auto early = make({{"V1"}, 6, 1});
    early.fit(train, {file, "pixels", training.row}, run);
    auto other = responses.clone();
    other.slice(1, sensors / 2) += 3;
    EXPECT_TRUE(at::equal(early.predict(other), early.predict(responses))) << kind;
    // Its weights say how a prediction changes with the responses.
    const auto readout = early.readout("pixels");
    const auto weights = at::cat({readout.weights(0, 5), readout.weights(5, readout.units)}, 2);
    ASSERT_EQ(weights.sizes(), (std::vector<int64_t>{sensors, 1, units})) << kind;
    EXPECT_EQ(weights.slice(0, sensors / 2).abs().sum().item<float>(), 0) << kind;
    const auto expected = (responses[1] - responses[0]).flatten().matmul(weights.flatten(0, 1)) *
                          early.state().at("deviation").to(at::kFloat);
    const auto predicted = early.predict(responses);
    EXPECT_TRUE(at::allclose(predicted[1] - predicted[0], expected, 1e-4, 1e-5)) << kind;
    EXPECT_THROW(make({{"V9"}, 6, 1}), Error);
  }
}

void set(Decoder& decoder, const std::string& name, const std::string& value) {
  auto options = decoder.options();
  set_option(find_option(options, name, "test"), value, "test");
}

std::unique_ptr<Decoder> built(const std::string& name, const RunContext& run) {
  auto decoder = make_decoder(name, "test");
  if (name == "minddiffuser") {
    for (const auto& [key, value] : std::initializer_list<std::pair<const char*, std::string>>{
             {"output", "stage-1"},
             {"checkpoint", std::string(AFTERIMAGE_TEST_DATA) + "/diffusion/pipeline"},
             {"c.source", "none"},
             {"c.tokens", "6"},
             {"generate.steps", "6"},
             {"generate.denoised_steps", "2"},
             {"generate.noised_to", "1"}}) {
      set(*decoder, key, value);
    }
  } else {
    set(*decoder, "network", "squeezenet");
    set(*decoder, "layer", "logits");
  }
  decoder->build(decoder_input(32), run);
  return decoder;
}

TEST(MindDiffuser, StateMakesTheSameDecoderAndImagesDoNotDependOnTheBatch) {
  const auto run = quiet_run();
  const auto train = source(32);
  const auto responses = train.responses({0, 1, 2, 3});
  for (const std::string name : {"minddiffuser", "clip-retrieval"}) {
    SCOPED_TRACE(name);
    const auto decoder = built(name, run);
    decoder->fit(train, {run, {}, false, {}});
    const auto images = decoder->reconstruct(responses, {run, 0});
    EXPECT_EQ(images.sizes(), (std::vector<int64_t>{4, 3, 32, 32}));
    EXPECT_TRUE(images.ge(0).logical_and(images.le(1)).all().item<bool>());
    const auto again = built(name, run);
    again->load(decoder->state(), "model");
    EXPECT_TRUE(again->reconstruct(responses, {run, 0}).equal(images));
    EXPECT_THROW(again->load({}, "model"), Error);
    const auto alone = decoder->reconstruct(responses.slice(0, 2, 3), {run, 2});
    EXPECT_LT((alone[0] - images[2]).abs().max().item<double>(), 1e-3);
    EXPECT_EQ(decoder->pretrained().size(), 1u);
  }
}

}  // namespace
}  // namespace afterimage
