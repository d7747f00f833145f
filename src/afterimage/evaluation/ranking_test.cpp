#include "afterimage/evaluation/ranking.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"

namespace afterimage {
namespace {

const TrainedAgainst kNone = std::vector<Judge>();
const TrainedAgainst kSqueezeNet =
    std::vector<Judge>{{"squeezenet", "squeezenet1_0.safetensors", "abc"}};
constexpr int64_t kStimuli = 30;

/// A score of single images around `level`; what is hard is hard for all of a seed's.
Score score(const std::string& metric, double level, uint64_t seed) {
  const auto random = [](uint64_t number) {
    return at::randn({kStimuli}, at::detail::createCPUGenerator(number), at::kDouble);
  };
  const auto values = level + 0.1 * random(1) + 0.02 * random(seed + 100);
  Score found = score_of_images(values, Stimuli(kStimuli));
  found.metric = metric;
  found.columns = at::Tensor();  // as read from a file
  return found;
}

Score pooled(const std::string& metric, double value) {
  Score found;
  found.metric = metric;
  found.value = value;
  return found;
}

/// A file with one decoder and the control "ridge"; stimuli are told by `images`.
ScoredFile file(const std::string& name, double level, uint64_t seed,
                const std::string& images = "a", const TrainedAgainst& networks = kNone) {
  ScoredFile made;
  made.recording = "recording " + images;
  auto& scores = made.scores;
  scores.split = "test";
  scores.height = scores.width = 16;
  for (int64_t i = 0; i < kStimuli; ++i) {
    scores.stimulus.push_back(i);
    scores.stimulus_name.push_back(std::to_string(i));
    scores.stimulus_sha256.push_back(images + std::to_string(i));
  }
  scores.stimuli = kStimuli;
  ScoredImages decoder{.name = name, .scores = {}, .trained_against = networks};
  decoder.scores = {score("pixel-correlation", level, seed), score("pixel-mse", 1 - level, seed),
                    pooled("squeezenet-logits-correlation", level + 0.2)};
  ScoredImages ridge{.name = "ridge", .control = true, .scores = {}, .trained_against = kNone};
  ridge.scores = {score("pixel-correlation", 0.4, 9), score("pixel-mse", 0.6, 9),
                  pooled("squeezenet-logits-correlation", 0.5)};
  scores.sets = {decoder, ridge};
  return made;
}

Ranking ranked(const std::vector<ScoredFile>& files, RankingOptions options = {}) {
  options.bootstrap = 500;
  return rank(files, options, example::prepared_run(RunOptions()));
}

std::vector<std::string> names(const Ranking& ranking) {
  std::vector<std::string> list;
  for (const auto& row : ranking.rows) list.push_back(row.name);
  return list;
}

std::string refusal(const std::vector<ScoredFile>& files, const RankingOptions& options) {
  try {
    ranked(files, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

using Names = std::vector<std::string>;

TEST(Ranking, SortsByAnyMetricAndShowsASharedControlOnce) {
  const std::vector<ScoredFile> files = {file("good", 0.5, 1), file("better", 0.6, 2)};
  EXPECT_EQ(names(ranked(files)), (Names{"better", "good", "ridge"}));
  RankingOptions options;
  options.sort = "pixel-mse";  // the lower the better
  EXPECT_EQ(names(ranked(files, options)), (Names{"better", "good", "ridge"}));
  options.controls = false;
  EXPECT_EQ(names(ranked(files, options)), (Names{"better", "good"}));
  options.metrics = {"pixel-mse"};
  EXPECT_EQ(ranked(files, options).metrics, Names{"pixel-mse"});
}

TEST(Ranking, TestsWhatIsOfTheSameImages) {
  auto turned = file("better", 0.6, 2);  // the same images in another order
  std::reverse(turned.scores.stimulus_sha256.begin(), turned.scores.stimulus_sha256.end());
  for (auto& set : turned.scores.sets) {
    for (auto& one : set.scores) std::reverse(one.per_image.begin(), one.per_image.end());
  }
  const auto ranking = ranked({file("good", 0.55, 1), turned, file("elsewhere", 0.9, 3, "b")});
  EXPECT_EQ(names(ranking),
            (Names{"elsewhere", "better", "good", "ridge (recording a)", "ridge (recording b)"}));
  const auto* pair = ranking.find(2, 1, "pixel-correlation");
  ASSERT_NE(pair, nullptr);
  EXPECT_GT(pair->paired.low, 0.03);  // unpaired, the images' spread of .1 would hide it
  EXPECT_LT(pair->q, 0.05);
  EXPECT_EQ(ranking.find(0, 1, "pixel-correlation"), nullptr);
  EXPECT_EQ(ranking.untested.size(), 6u);
  EXPECT_EQ(ranking.untested[0].reason, "other stimuli");
  EXPECT_NE(against_first(ranking, 1).find("other stimuli"), std::string::npos);
  // One correlation over all images cannot be paired from a file.
  EXPECT_EQ(ranking.find(1, 2, "squeezenet-logits-correlation"), nullptr);
}

TEST(Ranking, OtherSizesAreNotTested) {
  auto large = file("large", 0.6, 2);
  large.scores.height = large.scores.width = 64;
  const auto ranking = ranked({file("small", 0.5, 1), large}, {.controls = false});
  ASSERT_EQ(ranking.untested.size(), 1u);
  EXPECT_NE(ranking.untested[0].reason.find("image size"), std::string::npos);
}

TEST(Ranking, WhatOneWasTrainedAgainstNeverLeads) {
  const auto ranking = ranked({file("honest", 0.6, 1), file("judged", 0.5, 2, "a", kSqueezeNet)});
  EXPECT_TRUE(ranking.leads(0, "pixel-correlation"));
  EXPECT_FALSE(ranking.leads(1, "pixel-correlation"));
  const auto json = ranking.to_json();
  const auto& judged = json["rows"][1]["scores"]["squeezenet-logits-correlation"];
  EXPECT_EQ(judged["trained_against"], true);
  EXPECT_EQ(judged["leads"], false);
  EXPECT_NE(ranking.to_csv().find("squeezenet-logits-correlation,0.7,,,no,yes,"),
            std::string::npos);
  EXPECT_NE(ranking.to_latex().find("0.700$^{\\dagger}$"), std::string::npos);
  EXPECT_NE(ranking.to_latex().find("\\textbf{"), std::string::npos);
}

TEST(Ranking, SeedsOfOneConfigurationAreOneRow) {
  std::vector<ScoredFile> files;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    files.push_back(file("tuned-" + std::to_string(seed), 0.5 + 0.05 * double(seed), seed));
    files.back().scores.sets[0].configuration = "same";
    files.back().scores.sets[0].seed = static_cast<int64_t>(seed);
  }
  const auto ranking = ranked(files);
  EXPECT_EQ(names(ranking), (Names{"tuned", "ridge"}));
  const auto& row = ranking.rows[0];
  EXPECT_EQ(row.trainings, 3);
  EXPECT_EQ(row.seeds, (std::vector<int64_t>{1, 2, 3}));
  const auto& joined = row.scores.at("pixel-correlation");
  EXPECT_NEAR(joined.value, 0.6, 0.05);
  EXPECT_GT(*joined.high - *joined.low, 0.15);  // seeds differ by .05: t(2) of .05 / sqrt(3)
  EXPECT_EQ(names(ranked(files, {.join_seeds = false})).size(), 4u);
  const auto grouped = ranked(files, {.group = {"two=tuned-1,tuned-3"}, .join_seeds = false});
  EXPECT_EQ(grouped.rows[0].trainings + grouped.rows[1].trainings, 3);
}

TEST(Ranking, CountsChecksOfEachDecoder) {
  auto checked = file("a", 0.5, 1);
  checked.checks = {{{"decoder", "a"}, {"verdict", "pass"}},
                    {{"decoder", "a"}, {"verdict", "fail"}},
                    {{"decoder", "other"}, {"verdict", "look"}}};
  const auto ranking = ranked({checked});
  EXPECT_EQ(ranking.rows[0].checks.pass, 1);
  EXPECT_EQ(ranking.rows[0].checks.fail, 1);
  EXPECT_EQ(ranking.rows[0].checks.look, 0);
  EXPECT_FALSE(ranked({file("a", 0.5, 1)}).rows[0].checks.any());
}

TEST(Ranking, FilesWithoutHashesArePairedWithThemselvesOnly) {
  auto old = file("old", 0.5, 1), other = file("other", 0.6, 2);
  old.scores.stimulus_sha256.clear();
  const auto ranking = ranked({old, other});
  for (const auto& pair : ranking.pairs) {
    EXPECT_NE(ranking.rows[pair.first].control, ranking.rows[pair.second].control);
  }
  EXPECT_EQ(ranking.pairs.size(), 4u);  // two metrics, each decoder with its own ridge
  EXPECT_EQ(ranking.untested.size(), 4u);
}

TEST(Ranking, RefusesWhatIsNotThere) {
  const std::vector<ScoredFile> files = {file("a", 0.5, 1), file("b", 0.6, 2),
                                         file("c", 0.6, 2, "z")};
  EXPECT_NE(refusal(files, {.metrics = {"ssim"}}).find("'ssim'"), std::string::npos);
  EXPECT_NE(refusal(files, {.sort = "pixel"}).find("--sort"), std::string::npos);
  EXPECT_NE(refusal(files, {.group = {"x"}}).find("NAME=A,B"), std::string::npos);
  EXPECT_NE(refusal(files, {.group = {"x=a,d"}}).find("no row 'd'"), std::string::npos);
  EXPECT_NE(refusal(files, {.group = {"x=a,c"}}).find("other stimuli"), std::string::npos);
  EXPECT_NE(refusal(files, {.group = {"x=a,a"}}).find("twice"), std::string::npos);
  EXPECT_NE(refusal({}, {}).find("no decoders"), std::string::npos);
}

}  // namespace
}  // namespace afterimage
