#include "afterimage/decoders/probes.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/base/example_run.h"
#include "afterimage/recordings/array_source.h"

namespace afterimage {
namespace {

/// Shows the first sensor's response as the brightness of a 2 x 2 image, less the mean of the batch
/// if it is told to.
class Brightness : public Decoder {
 public:
  explicit Brightness(bool by_batch = false) : by_batch_(by_batch) {}
  Options options() override { return {}; }
  void build(const DecoderInput&, const RunContext&) override {}
  void fit(const SampleSource&, const FitContext&) override {}
  TensorMap state() const override { return {}; }
  void load(const TensorMap&, const std::string&) override {}

 private:
  at::Tensor images_of(const at::Tensor& responses, const ReconstructContext&) override {
    auto level = responses.select(1, 0).select(1, 0);  // (n)
    if (by_batch_) level = level - level.mean();
    return (0.5 + 0.1 * level).clamp(0, 1).view({-1, 1, 1, 1}).expand({-1, 3, 2, 2}).contiguous();
  }
  bool by_batch_;
};

/// Three stimuli, of 4, 4 and 1 trials; trial k of stimulus s responds s + k / 10.
class Probes : public ::testing::Test {
 protected:
  Probes() {
    std::vector<float> levels;
    for (int64_t s = 0; s < 3; ++s) {
      for (int64_t k = 0; k < (s < 2 ? 4 : 1); ++k) {
        stimulus_.push_back(s);
        levels.push_back(static_cast<float>(s) + 0.1f * static_cast<float>(k));
      }
    }
    trials_ = at::tensor(levels).view({-1, 1, 1}).expand({-1, 2, 1}).contiguous();
    result_.stimulus = {0, 1, 2};
    result_.trials_averaged = {4, 4, 1};
  }

  void probe(Decoder& decoder, const ProbeOptions& options = {}) {
    const auto means =
        at::stack({trials_.narrow(0, 0, 4).mean(0), trials_.narrow(0, 4, 4).mean(0), trials_[8]});
    const ArraySource test(means, {}, {0, 1, 2}), single(trials_, {}, stimulus_);
    result_.images = decoder.reconstruct(means);
    const ProbeInput input{test, single, [this](const std::vector<int64_t>& rows) {
                             at::Tensor clean = at::zeros({std::ssize(rows), 2, 1});
                             for (size_t i = 0; i < rows.size(); ++i) {
                               const auto shown = stimulus_[static_cast<size_t>(rows[i])];
                               clean[static_cast<int64_t>(i)].fill_(-shown);
                             }
                             return clean;
                           }};
    add_probes(result_, decoder, input, options, 2, run_);
  }
  double level(const std::string& name, int64_t i) const {
    return (result_.probes.at(name).images[i][0][0][0].item().toDouble() / 255 - 0.5) / 0.1;
  }

  RunContext run_ = example::prepared_run({});
  std::vector<int64_t> stimulus_;
  at::Tensor trials_;
  Reconstruction result_;
};

TEST_F(Probes, AreMadeOfOtherResponses) {
  Brightness decoder;
  probe(decoder);
  EXPECT_NEAR(level("zero", 0), 0, 0.02);
  EXPECT_EQ(result_.probes.at("noise").row, (std::vector<int64_t>{0, 1, 2}));
  EXPECT_NEAR(level("recovery", 1), -1, 0.02);
  EXPECT_NEAR(level("recovery", 2), -2, 0.02);
  // Means of fewer trials than there are, of stimuli that have more.
  EXPECT_EQ(result_.probes.at("trials-1").row, (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(result_.probes.at("trials-2").row, (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(result_.probes.count("trials-4"), 0u);
  EXPECT_NEAR(level("trials-1", 1), 1.15, 0.17);
  // The two halves have each trial once.
  EXPECT_NEAR((level("half-1", 0) + level("half-2", 0)) / 2, 0.15, 0.03);
  EXPECT_EQ(result_.probes.at("half-1").row, result_.probes.at("half-2").row);
  EXPECT_EQ(result_.batch_difference, 0);
}

TEST_F(Probes, TellADecoderThatNormalisesWithItsBatch) {
  Brightness decoder(/*by_batch=*/true);
  probe(decoder);
  EXPECT_GT(result_.batch_difference.value(), 0.05);
}

TEST_F(Probes, AreOnlyThoseAskedFor) {
  Brightness decoder;
  probe(decoder, {.probes = {"zero"}});
  EXPECT_EQ(result_.probes.size(), 1u);
  EXPECT_FALSE(result_.batch_difference);
  result_.probes.clear();
  probe(decoder, {.probes = {"noise"}, .probe_samples = 2});
  EXPECT_EQ(result_.probes.at("noise").row, (std::vector<int64_t>{0, 1}));
  result_.probes.clear();
  probe(decoder, {.probes = {"none"}});
  EXPECT_TRUE(result_.probes.empty());
}

}  // namespace
}  // namespace afterimage
