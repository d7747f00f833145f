#include "afterimage/evaluation/ceilings.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "afterimage/base/example_run.h"

namespace afterimage {
namespace {

constexpr int64_t kImages = 12, kSide = 24;

at::Tensor noise(uint64_t seed) {
  return at::randn({kImages, 3, kSide, kSide}, at::detail::createCPUGenerator(seed));
}

Probe probe(const at::Tensor& images, int64_t first = 0) {
  Probe made;
  for (int64_t i = first; i < kImages; ++i) made.row.push_back(i);
  made.images = images.narrow(0, first, kImages - first).clamp(0, 1).mul(255).round().to(at::kByte);
  return made;
}

class Ceilings : public testing::Test {
 protected:
  Ceilings() {
    metrics_ = find_metrics({"pixel-correlation", "pixel-mse", "pixel-identification-2way",
                             "pixel-identification-nway"});
  }

  /// Scores of the truth with noise, and what they could be.
  std::vector<Score> scores(const Reconstruction& made) {
    const auto truth = std::make_shared<TruthFeatures>(truth_, Stimuli(kImages), run_);
    const ImagePairs pairs(truth, (truth_ + 0.1 * noise(9)).clamp(0, 1));
    std::vector<Score> all;
    for (const auto* metric : metrics_) all.push_back(metric->compute(pairs));
    add_ceilings(all, metrics_, made, *truth);
    return all;
  }

  RunContext run_ = example::prepared_run({});
  at::Tensor truth_ = (0.5 + 0.1 * noise(1)).clamp(0, 1);
  std::vector<const Metric*> metrics_;
};

TEST_F(Ceilings, NoneWithoutProbes) {
  for (const auto& score : scores({})) EXPECT_FALSE(score.ceiling.any());
}

// Each half has the truth's variance in noise twice over: reliability of both together 1/2, and
// the truth itself correlates by its root with what shows it and as much noise.
TEST_F(Ceilings, OfHalvesIsWhatNoiseLeavesOfACorrelation) {
  Reconstruction made;
  const double spread = 0.1 * std::sqrt(2.0);
  made.probes["half-1"] = probe(truth_ + spread * noise(2));
  made.probes["half-2"] = probe(truth_ + spread * noise(3));
  const auto all = scores(made);
  const auto& ceiling = all[0].ceiling;
  EXPECT_NEAR(*ceiling.halves, 1.0 / 3, 0.03);
  EXPECT_NEAR(*ceiling.repeats, std::sqrt(0.5), 0.03);
  EXPECT_NEAR(*ceiling.repeats, all[0].value, 0.04);  // 1/2 signal: a perfect decoder is there
  EXPECT_EQ(ceiling.images, kImages);
  EXPECT_FALSE(ceiling.noise_free);
  EXPECT_TRUE(all[1].ceiling.halves && !all[1].ceiling.repeats);  // no correlation, no bound
}

TEST_F(Ceilings, OfResponsesWithoutNoiseIsTheMetricOfThem) {
  Reconstruction made;
  made.probes["recovery"] = probe(truth_);
  made.probes["predicted"] = probe(truth_.roll(1, 0));
  const auto all = scores(made);
  EXPECT_NEAR(*all[0].ceiling.noise_free, 1, 1e-4);
  EXPECT_NEAR(*all[1].ceiling.noise_free, 0, 1e-5);  // stored in bytes
  EXPECT_LT(*all[0].ceiling.predicted, 0.2);
  EXPECT_EQ(*all[2].ceiling.noise_free, 1);
  EXPECT_EQ(*all[3].ceiling.noise_free, 1);
}

// Of n candidates more are missed than of fewer: the two do not belong side by side.
TEST_F(Ceilings, AreOfAsManyCandidates) {
  Reconstruction made;
  made.probes["recovery"] = probe(truth_, /*first=*/4);
  const auto all = scores(made);
  EXPECT_EQ(all[2].ceiling.images, kImages - 4);
  EXPECT_EQ(*all[2].ceiling.noise_free, 1);
  EXPECT_FALSE(all[3].ceiling.any());
}

TEST(BoundOfHalves, IsTheRootOfSpearmanBrown) {
  EXPECT_DOUBLE_EQ(bound_of_halves(1), 1);
  EXPECT_DOUBLE_EQ(bound_of_halves(0.5), std::sqrt(2.0 / 3));
  EXPECT_EQ(bound_of_halves(0), 0);
  EXPECT_EQ(bound_of_halves(-0.2), 0);
}

}  // namespace
}  // namespace afterimage
