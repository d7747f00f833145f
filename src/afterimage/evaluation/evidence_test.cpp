#include "afterimage/evaluation/evidence.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "afterimage/evaluation/network_plan.h"

namespace afterimage {
namespace {

const TrainedAgainst kNone = std::vector<Judge>(), kUnknown = std::nullopt;
const TrainedAgainst kSqueezeNet =
    std::vector<Judge>{{"squeezenet", "squeezenet1_0.safetensors", "abc"}};

ScoredImages set(const std::string& name, const TrainedAgainst& networks) {
  return {.name = name, .scores = {}, .trained_against = networks};
}

TEST(Evidence, IsNoneOfANetworkThatJudgedTheTraining) {
  const auto judged = set("a", kSqueezeNet), other = set("b", kNone), old = set("c", kUnknown);
  for (const auto* metric : {"squeezenet-lpips-style", "squeezenet-features.2-identification-2way",
                             "squeezenet-logits-pattern"}) {
    EXPECT_EQ(evidence(judged, metric), Evidence::trained_against) << metric;
    EXPECT_EQ(evidence(other, metric), Evidence::independent);
    EXPECT_EQ(evidence(old, metric), Evidence::unknown);
  }
  EXPECT_EQ(evidence(judged, "alexnet-conv1-correlation"), Evidence::independent);
  EXPECT_EQ(evidence(old, "pixel-correlation"), Evidence::independent);
  EXPECT_EQ(evidence(old, "hog-correlation"), Evidence::independent);
}

TEST(Evidence, IsNoneOfAMetricThatWasATermOfTheObjective) {
  const auto judged = set("a", std::vector<Judge>{{.metric = "ssim"}});
  EXPECT_EQ(evidence(judged, "ssim"), Evidence::trained_against);
  EXPECT_EQ(evidence(judged, "ms-ssim"), Evidence::independent);
  EXPECT_EQ(evidence(judged, "squeezenet-lpips-style"), Evidence::independent);
  Scores scores;
  scores.sets = {judged, set("b", kNone)};
  for (const auto* metric : {"ssim", "pixel-correlation"}) {
    scores.comparisons.push_back({.first = "b",
                                  .second = "a",
                                  .metric = metric,
                                  .difference = 1,
                                  .low = 1,
                                  .high = 1,
                                  .p = 0,
                                  .q = 0});
  }
  const auto standing = standings(scores).front();
  EXPECT_EQ(standing.better, 1);
  EXPECT_EQ(standing.trained_against, 1);
}

// Which network an encoding model sees with is known of the score alone.
TEST(Evidence, OfABrainCorrelationFollowsFromItsEncoder) {
  auto judged = set("a", kSqueezeNet), old = set("c", kUnknown);
  Score score;
  score.metric = "brain-correlation";
  for (auto* each : {&judged, &old}) each->scores = {score};
  EXPECT_EQ(evidence(judged, "brain-correlation"), Evidence::independent);
  EXPECT_EQ(evidence(old, "brain-correlation"), Evidence::independent);
  for (auto* each : {&judged, &old}) each->scores.front().network = "squeezenet";
  EXPECT_EQ(evidence(judged, "brain-correlation"), Evidence::trained_against);
  EXPECT_EQ(evidence(old, "brain-correlation"), Evidence::unknown);
}

// A metric of a network that does not say so would go unmarked.
TEST(Evidence, EveryMetricOfANetworkNamesIt) {
  for (const auto& metric : metric_table()) {
    const NetworkPlan* its = nullptr;  // of those that begin its name, the longest
    for (const auto& plan : network_plans()) {
      if (metric.name != plan.name && !metric.name.starts_with(plan.name + "-")) continue;
      if (!its || plan.name.size() > its->name.size()) its = &plan;
    }
    if (its) {
      EXPECT_EQ(metric.network, its->network) << metric.name;
    }
  }
  EXPECT_EQ(find_metrics({"lpips"}).front()->network, "alexnet");
}

Scores scores_with(const TrainedAgainst& first, const TrainedAgainst& second) {
  Scores scores;
  scores.sets = {set("a", first), set("b", second)};
  const auto add = [&](const char* metric, double difference, double q) {
    scores.comparisons.push_back(
        {.first = "a", .second = "b", .metric = metric, .difference = difference, .q = q});
  };
  add("pixel-correlation", 0.1, 0.01);
  add("pixel-mse", 0.1, 0.01);  // more is worse
  add("ssim", 0.1, 0.2);
  add("squeezenet-logits-pattern", 0.3, 0.001);
  add("squeezenet-lpips-style", -0.3, 0.001);
  return scores;
}

TEST(Evidence, SummariesCountOnlyTheOthers) {
  const auto judged = standings(scores_with(kSqueezeNet, kNone));
  ASSERT_EQ(judged.size(), 1u);
  EXPECT_EQ(judged[0].better, 1);
  EXPECT_EQ(judged[0].worse, 1);
  EXPECT_EQ(judged[0].unclear, 1);
  EXPECT_EQ(judged[0].trained_against, 2);
  EXPECT_EQ(judged[0].text(),
            "a against b: better in 1 of 3 metrics, worse in 1; 2 not counted (trained against)");
  EXPECT_EQ(standings(scores_with(kNone, kSqueezeNet))[0].trained_against, 2);
  EXPECT_EQ(standings(scores_with(kNone, kNone))[0].better, 3);
  EXPECT_EQ(standings(scores_with(kNone, kUnknown))[0].unknown, 2);
}

}  // namespace
}  // namespace afterimage
