#include "afterimage/decoders/decoder.h"
#include "afterimage/base/example_run.h"
#include "afterimage/decoders/linear_input.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/decoders/controls.h"
#include "afterimage/decoders/retrieval.h"
#include "afterimage/decoders/session.h"
#include "afterimage/recordings/array_source.h"
#include "afterimage/recordings/samples.h"

namespace afterimage {
namespace {

constexpr int64_t kTrain = 60;
constexpr int64_t kSensors = 10;
constexpr int64_t kSize = 4;

RunContext quiet_run() {
  RunOptions options;
  options.threads = 2;
  return example::prepared_run(options);
}

/// A recording whose responses are a linear map of its images (3 channels, or gray), with noise.
class Decoders : public ::testing::TestWithParam<int64_t> {
 protected:
  Decoders() : run_(quiet_run()) {
    folder_ =
        std::filesystem::temp_directory_path() / ("decoder_test_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    const auto channels = GetParam();
    RecordingInfo info;
    info.height = info.width = kSize;
    info.channels = channels;
    info.bins = {{0, 50}, {50, 100}};
    for (int64_t i = 0; i < kSensors; ++i) {
      info.sensors.name.push_back(std::to_string(i));
      info.sensors.roi.push_back("V1");
      info.sensors.array.push_back(-1);
      for (auto* list : {&info.sensors.x, &info.sensors.y, &info.sensors.size})
        list->push_back(0.5);
      info.sensors.reliability.push_back(1);
    }
    for (int64_t i = 0; i < kTrain; ++i) {
      info.stimulus_name.push_back("stimulus " + std::to_string(i));
      info.stimulus_source.push_back("photo " + std::to_string(i / 2));
      info.trials.stimulus.push_back(i);
      info.trials.repeat.push_back(0);
      info.trials.block.push_back(0);
      info.trials.split.push_back("train");
    }
    const auto generator = at::detail::createCPUGenerator(7);
    const auto images = at::randint(256, {kTrain, channels, kSize, kSize}, generator);
    const auto weights = at::randn({channels * kSize * kSize, kSensors * 2}, generator);
    const auto clean = at::mm(images.flatten(1).to(at::kFloat) / 255, weights);
    RecordingWriter writer(folder_ / "recording.h5", info, false);
    writer.append_images(images.to(at::kByte));
    writer.append_responses(
        (clean + 0.2 * at::randn(clean.sizes(), generator)).view({kTrain, kSensors, 2}));
    writer.finish();
    recording_.emplace(folder_ / "recording.h5");
    normalisation_ =
        Normalisation::fit(*recording_, recording_->info().trials_of("train", ""), false);
    Samples::Options options;
    options.image_size = kSize;
    samples_.emplace(*recording_, normalisation_, options);
  }
  ~Decoders() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Decoder> make(const std::string& name) {
    auto decoder = make_decoder(name, "test");
    decoder->build({recording_->info().sensors, recording_->info().bins, kSize}, run_);
    return decoder;
  }
  std::unique_ptr<Decoder> fitted(const std::string& name) {
    auto decoder = make(name);
    decoder->fit(*samples_, {run_, folder_, false, {}});
    return decoder;
  }
  std::vector<int64_t> rows(int64_t count) const {
    std::vector<int64_t> all;
    for (int64_t i = 0; i < count; ++i) all.push_back(i);
    return all;
  }

  RunContext run_;
  std::filesystem::path folder_;
  std::optional<Recording> recording_;
  Normalisation normalisation_;
  std::optional<Samples> samples_;
};

TEST_P(Decoders, StateMakesTheSameDecoder) {
  const auto responses = samples_->responses(rows(9));
  for (const auto& entry : decoder_table()) {
    // Those that need a pretrained network have tests of their own.
    const std::set<std::string> others = {"image-to-image", "nishimoto", "minddiffuser",
                                          "clip-retrieval"};
    if (others.contains(entry.name)) continue;
    SCOPED_TRACE(entry.name);
    const auto decoder = fitted(entry.name);
    const auto images = decoder->reconstruct(responses);
    EXPECT_EQ(images.sizes(), (std::vector<int64_t>{9, 3, kSize, kSize}));
    EXPECT_EQ(images.scalar_type(), at::kFloat);
    EXPECT_TRUE(images.ge(0).logical_and(images.le(1)).all().item<bool>());
    auto again = make(entry.name);
    again->load(decoder->state(), "model");
    EXPECT_TRUE(again->reconstruct(responses).equal(images));
    EXPECT_THROW(again->load({}, "model"), Error);
  }
}

TEST_P(Decoders, MeanImageIsTheMean) {
  const auto mean = fitted("mean")->reconstruct(samples_->responses({3, 4}));
  const auto expected = samples_->images(rows(kTrain)).mean(0);
  EXPECT_LT((mean[1] - expected).abs().max().item<double>(), 1e-6);
  EXPECT_TRUE(mean[0].equal(mean[1]));
}

TEST_P(Decoders, RetrievalFindsTrainingSamples) {
  const auto decoder = fitted("retrieval");
  EXPECT_TRUE(decoder->reconstruct(samples_->responses({5, 50})).equal(samples_->images({5, 50})));
}

TEST_P(Decoders, LinearInputIsCrossFitted) {
  LinearInput linear;
  linear.build({recording_->info().sensors, recording_->info().bins, kSize}, run_);
  linear.fit(*samples_, {run_, folder_, false, {}});
  const auto responses = samples_->responses(rows(kTrain));
  const auto ridge = fitted("ridge");
  EXPECT_TRUE(linear.of_new(responses).equal(ridge->reconstruct(responses)));

  // A sample's own noise is in the ridge that was fitted to it, not in the one it gets to see.
  const auto images = samples_->images(rows(kTrain));
  const auto error = [&](const at::Tensor& made) { return (made - images).square().mean(); };
  const auto seen = error(linear.of_new(responses)).item<double>();
  const auto unseen = error(linear.of_training(responses, rows(kTrain))).item<double>();
  EXPECT_GT(unseen, 1.02 * seen);

  LinearInput again;
  again.build({recording_->info().sensors, recording_->info().bins, kSize}, run_);
  again.load(linear.state(), "model");
  EXPECT_TRUE(again.of_new(responses).equal(linear.of_new(responses)));
}

TEST_P(Decoders, RidgeIsItsRegression) {
  const auto decoder = fitted("ridge");
  const auto state = decoder->state();
  const auto channels = GetParam();
  EXPECT_EQ(state.at("weight").sizes(),
            (std::vector<int64_t>{kSensors * 2, channels * kSize * kSize}));
  EXPECT_EQ(state.at("lambda").item<double>(),
            state.at("lambdas")[state.at("errors").argmin()].item<double>());
  // The normal equations, on their own: (X'X + lambda) W = X'Y with centred X and Y.
  const auto x = samples_->responses(rows(kTrain)).flatten(1).to(at::kDouble);
  const auto y = samples_->images(rows(kTrain)).narrow(1, 0, channels).flatten(1).to(at::kDouble);
  const auto xc = x - x.mean(0);
  const auto gram =
      at::mm(xc.t(), xc) + state.at("lambda").item<double>() * at::eye(kSensors * 2, at::kDouble);
  const auto w = at::linalg_solve(gram, at::mm(xc.t(), y - y.mean(0)));
  EXPECT_LT((state.at("weight") - w).abs().max().item<double>(), 1e-6);
  const auto expected =
      (at::mm(xc, w) + y.mean(0)).clamp(0, 1).view({kTrain, channels, kSize, kSize});
  const auto found = decoder->reconstruct(samples_->responses(rows(kTrain)));
  EXPECT_LT((found - expected).abs().max().item<double>(), 1e-5);
}

TEST_P(Decoders, FixedLambdaIsUsed) {
  auto decoder = make_decoder("ridge", "test");
  auto options = decoder->options();
  set_option(find_option(options, "lambda", "test"), "12.5", "test");
  decoder->build({recording_->info().sensors, recording_->info().bins, kSize}, run_);
  decoder->fit(*samples_, {run_, folder_, false, {}});
  EXPECT_EQ(decoder->state().at("lambda").item<double>(), 12.5);
  EXPECT_FALSE(decoder->state().contains("errors"));
}

TEST_P(Decoders, StateOfAnotherShapeIsRefused) {
  auto state = fitted("ridge")->state();
  state["weight"] = state["weight"].narrow(0, 0, 3);
  try {
    make("ridge")->load(state, "model/weights.safetensors");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("model/weights.safetensors: 'weight'"),
              std::string::npos);
  }
}

/// The samples, with a count of how often they were asked for images.
class CountingSource : public ArraySource {
 public:
  CountingSource(const SampleSource& from, const std::vector<int64_t>& rows)
      : ArraySource(from.responses(rows), from.images(rows)) {}
  at::Tensor images(const std::vector<int64_t>& rows) const override {
    images_read += std::ssize(rows);
    return ArraySource::images(rows);
  }
  mutable int64_t images_read = 0;
};

TEST_P(Decoders, ControlsAreFittedOnceForTheSameSamples) {
  const CountingSource train(*samples_, rows(40)), other(*samples_, rows(39));
  const ControlCache cache(folder_ / "model.controls");
  const auto ridge_of = [&](const CountingSource& source) {
    auto decoder = make("ridge");
    cache.fit(*decoder, "ridge", source, run_);
    return decoder->reconstruct(samples_->responses({50}));
  };
  const auto first = ridge_of(train);
  const auto read = std::exchange(train.images_read, 0);
  EXPECT_GE(read, 40);
  EXPECT_TRUE(ridge_of(train).equal(first));
  EXPECT_EQ(train.images_read, 0);
  EXPECT_FALSE(ridge_of(other).equal(first));  // other samples under the same name
  EXPECT_GE(other.images_read, 39);
  EXPECT_TRUE(ridge_of(train).equal(first));  // fitted again: one control, one file
  EXPECT_EQ(std::exchange(train.images_read, 0), read);
  std::filesystem::resize_file(folder_ / "model.controls/ridge.safetensors", 100);  // damaged
  EXPECT_TRUE(ridge_of(train).equal(first));
  EXPECT_EQ(train.images_read, read);
}

TEST_P(Decoders, RetrievalAsAControlReadsTheImagesItFindsAlone) {
  const CountingSource train(*samples_, rows(kTrain));
  auto decoder = make("mean");
  const ToReconstruct test{
      {[&](const std::vector<int64_t>& part) { return samples_->responses(part); }, 80},
      {5, 50, 7}};
  const auto images = control_images({"retrieval"}, *decoder, "mean",
                                     {recording_->info().sensors, recording_->info().bins, kSize},
                                     train, test, ControlCache(), run_);
  EXPECT_TRUE(images.at("retrieval").equal(samples_->images({5, 50, 7})));
  EXPECT_EQ(train.images_read, 3);
  EXPECT_TRUE(images.at("retrieval")
                  .equal(fitted("retrieval")->reconstruct(samples_->responses({5, 50, 7}))));
}

TEST_P(Decoders, ASessionDecodesOneSampleAtATime) {
  write_text(folder_ / "ridge.toml", "decoder = \"ridge\"\n[data]\nimage_size = 8\n", true);
  Model model = Model::train(Config::read(folder_ / "ridge.toml"), *recording_, run_,
                             {.out = folder_ / "model"}, nlohmann::json::object());
  const auto samples = model.samples(*recording_, "train", false);
  const auto raw = recording_->responses({5})[0];
  Session session(model);
  EXPECT_TRUE(session.decode(raw).equal(model.decoder().reconstruct(samples.responses({5}))[0]));
  EXPECT_TRUE(Session(model, 7).decode(raw).equal(session.decode(raw)));  // no such block
  EXPECT_THROW(session.decode(raw.narrow(0, 0, 3)), Error);
  EXPECT_THROW(session.decode(raw.to(at::kDouble)), Error);
  EXPECT_THROW(session.decode(raw / 0), Error);
}

INSTANTIATE_TEST_SUITE_P(Channels, Decoders, ::testing::Values(3, 1));

TEST(DecoderTable, NamesTheNearest) {
  try {
    make_decoder("rigde", "--decoder");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'ridge'"), std::string::npos);
  }
}

at::Tensor most_similar_rows(const at::Tensor& train, const at::Tensor& test, bool correlation) {
  MostSimilarRows nearest(test, correlation);
  for (const auto& part : train.split(1)) nearest.look_at(part);
  return nearest.found();
}

TEST(Retrieval, CorrelationIgnoresGainAndDistanceDoesNot) {
  const auto train = at::tensor({1.f, 2.f, 3.f, 10.f, 21.f, 30.f}).view({2, 3});
  const auto test = at::tensor({9.f, 18.f, 27.f, 1.f, 2.2f, 3.f}).view({2, 3});
  EXPECT_TRUE(most_similar_rows(train, test, true).equal(at::tensor({0, 1}, at::kLong)));
  EXPECT_TRUE(most_similar_rows(train, test, false).equal(at::tensor({1, 0}, at::kLong)));
  // Rows that do not vary: no NaN, the first row is taken.
  EXPECT_TRUE(most_similar_rows(train, at::ones({1, 3}), true).equal(at::tensor({0}, at::kLong)));
}

}  // namespace
}  // namespace afterimage
