#include "afterimage/evaluation/checks/check.h"

#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/evaluation/checks/check_data.h"
#include "afterimage/evaluation/checks/check_world.h"
#include "afterimage/evaluation/checks/counted_metrics.h"

namespace afterimage {
namespace {

class Checks : public example::CheckWorld {};

TEST_F(Checks, AnHonestDecoderPassesAll) {
  for (const auto& result : checked({honest()}, {"all"})) {
    EXPECT_EQ(verdict_text(result.verdict), "pass")
        << result.check << ": " << result.found << ". " << result.meaning;
    EXPECT_EQ(result.decoder, "honest");
  }
}

TEST_F(Checks, LeakedImagesAreFoundAndNamed) {
  info_.trials.stimulus[0] = kTrain + 5;  // shown in training too
  images_[3] = images_[kTrain + 2];       // another stimulus of equal pixels
  images_[4] = images_[kTrain + 9].to(at::kInt).add(2).clamp(0, 255).to(at::kByte);  // stored again
  const auto result = check_of(honest(), "leakage");
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_EQ(result.rows, (std::vector<int64_t>{2, 5, 9}));
  EXPECT_EQ(result.figures.at("near-duplicates"), 1);
}

TEST_F(Checks, PartsOfTheSamePhotographAreWorthALook) {
  info_.stimulus_source[kTrain + 7] = info_.stimulus_source[1];
  const auto result = check_of(honest(), "leakage");
  EXPECT_EQ(result.verdict, Verdict::look);
  EXPECT_EQ(result.rows, (std::vector<int64_t>{7}));
}

TEST_F(Checks, MemorisedImagesAreLookedUpNotMade) {
  auto memoriser = honest();
  memoriser.images = memoriser.controls["retrieval"];
  const auto result = check_of(memoriser, "zero-shot");
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_EQ(result.figures.at("copies of training images"), 1);
  EXPECT_EQ(std::ssize(result.rows), kTest);
}

TEST_F(Checks, ARandomDecoderIsNoBetterThanChance) {
  auto random = honest();
  random.images = decoded(floats(0, kTest), 0.2, 11);
  EXPECT_EQ(check_of(random, "zero-shot").verdict, Verdict::fail);
}

TEST_F(Checks, TheCategoryAloneIsNoImage) {
  auto namer = honest();
  std::vector<at::Tensor> members;  // another training image of the same category, redrawn
  for (int64_t i = 0; i < kTest; ++i) {
    members.push_back(images_[(kTrain + i) % kCategories + kCategories * (i % 12)]);
  }
  namer.images = decoded(at::stack(members).to(at::kFloat).div(255), 0.05, 12);
  const auto result = check_of(namer, "category");
  EXPECT_EQ(result.verdict, Verdict::fail) << result.found;
  EXPECT_GT(result.figures.at("2-way identification"), 0.6);  // and yet it looks well
  info_.stimulus_category.clear();
  EXPECT_EQ(check_of(namer, "category").verdict, Verdict::not_checked);
}

TEST_F(Checks, AGeneratorThatCannotShowTheImages) {
  auto poor = honest();
  poor.probes["recovery"] = probe(decoded(floats(0, kTest), 0.1, 13), rows(kTest));
  EXPECT_EQ(check_of(poor, "recovery").verdict, Verdict::fail);
  poor.probes.erase("recovery");
  EXPECT_EQ(check_of(poor, "recovery").verdict, Verdict::not_checked);
}

TEST_F(Checks, CollapsedOutputs) {
  auto collapsed = honest();
  collapsed.images = floats(0, 3).repeat({kTest / 3, 1, 1, 1});
  const auto few = check_of(collapsed, "output-dimension");
  EXPECT_EQ(few.verdict, Verdict::fail);
  EXPECT_EQ(std::ssize(few.rows), kTest);
  collapsed.images = collapsed.controls["mean"];
  EXPECT_EQ(check_of(collapsed, "output-dimension").verdict, Verdict::fail);
}

TEST_F(Checks, AFewTrainingImagesSpanLittle) {
  for (int64_t i = 8; i < kTrain; ++i) info_.trials.split[static_cast<size_t>(i)] = "";
  const auto result = check_of(honest(), "output-dimension");
  EXPECT_EQ(result.verdict, Verdict::look);
  EXPECT_LT(result.figures.at("best in the span of training images"), 0.8);
}

TEST_F(Checks, ScoresWithoutTheRightResponses) {
  auto prior = honest();
  prior.controls["shuffled"] = decoded(truth(), 0.1, 14);  // knows the images all the same
  EXPECT_EQ(check_of(prior, "null-inputs").verdict, Verdict::fail);
  // Bright above, dark below, as photographs are: that much any image has in common with another.
  const auto sky = at::linspace(255, 0, kSide, at::kFloat).view({1, 1, kSide, 1});
  images_ = (0.5 * images_.to(at::kFloat) + 0.5 * sky).round().to(at::kByte);
  EXPECT_EQ(check_of(honest(), "null-inputs").verdict, Verdict::look);
}

TEST_F(Checks, AMeanImageBeatsWhatIsWorse) {
  auto worse = honest();
  worse.images = at::rand(truth().sizes(), example::stream(19));
  EXPECT_EQ(check_of(worse, "trivial-decoders").verdict, Verdict::fail);
}

TEST_F(Checks, HalvesThatDoNotAgree) {
  auto unreliable = honest();
  unreliable.probes["half-2"] = probe(decoded(floats(0, kTest), 0.05, 16), rows(kTest));
  EXPECT_EQ(check_of(unreliable, "single-trials").verdict, Verdict::fail);
  auto averaged = honest();
  averaged.probes["trials-1"] = probe(decoded(floats(0, kTest), 0.05, 17), rows(kTest));
  EXPECT_EQ(check_of(averaged, "single-trials").verdict, Verdict::look);
}

TEST_F(Checks, TestStatisticsInUse) {
  auto transductive = honest();
  transductive.batch_difference = 0.08;
  EXPECT_EQ(check_of(transductive, "batch-statistics").verdict, Verdict::fail);
  transductive.batch_difference = 0;
  info_.provenance = {{"transductive", {"z-scores saw the test trials"}}};
  EXPECT_EQ(check_of(transductive, "batch-statistics").verdict, Verdict::look);
}

TEST_F(Checks, TooFewImagesToOrderTwoDecoders) {
  auto second = honest("second");
  second.images = decoded(truth(), 0.05, 18);
  const auto results = checked({honest(), second}, {"few-images"});
  EXPECT_EQ(results[0].verdict, Verdict::look);
  EXPECT_NE(results[0].found.find("second"), std::string::npos);
}

TEST_F(Checks, TheMetricOfTheObjectiveIsNoEvidence) {
  auto marked = honest();
  marked.trained_against->push_back({"squeezenet", "squeezenet.safetensors", "0"});
  auto result = checked(std::vector{marked}, {"trained-against"}).front();
  EXPECT_EQ(result.verdict, Verdict::pass);  // no metric shown reads it
  result = checked(std::vector{marked}, {"trained-against"},
                   {"pixel-correlation", "squeezenet-features.2-pattern"})
               .front();
  EXPECT_EQ(result.verdict, Verdict::look);
  EXPECT_EQ(result.figures.at("metrics of its own objective"), 1);
  EXPECT_EQ(result.figures.at("independent metrics"), 1);
  marked.trained_against.reset();
  EXPECT_EQ(check_of(marked, "trained-against").verdict, Verdict::not_checked);
}

TEST_F(Checks, AMetricThatIsATermOfTheObjectiveIsMarked) {
  auto marked = honest("trained");
  marked.trained_against->push_back({.metric = "ssim"});
  const auto result = check_of(marked, "trained-against");  // by pixel-correlation and ssim
  EXPECT_EQ(result.verdict, Verdict::pass);                 // said and marked, and no alarm
  EXPECT_NE(result.found.find("trained against ssim"), std::string::npos) << result.found;
  EXPECT_EQ(result.figures.at("metrics of its own objective"), 1);
  EXPECT_EQ(result.figures.at("independent metrics"), 1);
}

// An encoding model's predictions stand in for responses without noise; they prove less.
TEST_F(Checks, RecoveryFromPredictedResponses) {
  auto real = honest("real");
  real.probes["predicted"] = real.probes.at("recovery");
  real.probes.erase("recovery");
  const auto good = check_of(real, "recovery");
  EXPECT_EQ(good.verdict, Verdict::pass);
  EXPECT_NE(good.found.find("predicted responses"), std::string::npos) << good.found;
  real.probes["predicted"].images = real.probes["predicted"].images.roll(5, 0);
  EXPECT_EQ(check_of(real, "recovery").verdict, Verdict::look);
  real.probes["recovery"] = real.probes["predicted"];  // where the truth is known, it counts
  EXPECT_EQ(check_of(real, "recovery").verdict, Verdict::fail);
}

TEST_F(Checks, BetterByItsOwnMetricsOnly) {
  auto marked = honest("trained");
  marked.trained_against->push_back({"squeezenet", "squeezenet.safetensors", "0"});
  const std::vector<Reconstruction> all = {marked, honest("ridge")};
  Scores scores;
  scores.split = "test";
  scores.sets = {{"trained", false, {}, marked.trained_against},
                 {"ridge", false, {}, TrainedAgainst(std::vector<Judge>())}};
  const auto compare = [&](const std::string& metric, double difference) {
    scores.comparisons.push_back({.first = "trained",
                                  .second = "ridge",
                                  .metric = metric,
                                  .difference = difference,
                                  .low = difference - 0.01,
                                  .high = difference + 0.01,
                                  .p = 0.001,
                                  .q = 0.001});
  };
  compare("squeezenet-features.2-pattern", 0.1);
  compare("ssim", -0.1);
  const auto file = recording();
  const auto verdict = [&] {
    const auto images = truth();
    const Stimuli stimuli(kTest);
    CheckData data(all, file, scores, images, stimuli, run_);
    return run_checks(find_checks({"trained-against"}), data)[0].verdict;
  };
  EXPECT_EQ(verdict(), Verdict::fail);
  scores.comparisons[1] = scores.comparisons[0];
  scores.comparisons[1].metric = "ssim";
  EXPECT_EQ(verdict(), Verdict::pass);  // better by both; none of its own is shown
}

TEST_F(Checks, AnOlderReconstructionIsCheckedAsFarAsItGoes) {
  auto old = honest();
  old.probes.clear();
  old.batch_difference.reset();
  old.trained_against.reset();
  int64_t not_checked = 0;
  for (const auto& result : checked({old}, {"all"})) {
    if (result.verdict != Verdict::not_checked) continue;
    ++not_checked;
    EXPECT_NE(result.meaning.find("econstruct again"), std::string::npos) << result.check;
  }
  EXPECT_EQ(not_checked, 4);
}

TEST_F(Checks, ComeBackFromJson) {
  auto results = checked({honest()}, {"all"});
  results[0].figures["none"] = NAN;
  for (const auto& result : results) {
    const auto again = CheckResult::from_json(nlohmann::json::parse(result.to_json().dump()));
    EXPECT_EQ(again.to_json(), result.to_json());
    EXPECT_EQ(again.verdict, result.verdict);
  }
}

TEST(CheckTable, NamesAreFoundOrRefused) {
  EXPECT_TRUE(find_checks({"none"}).empty());
  EXPECT_EQ(find_checks({"all"}).size(), check_table().size());
  EXPECT_EQ(find_checks({"leakage", "recovery"}).size(), 2u);
  EXPECT_THROW(find_checks({"leakages"}), Error);
}

}  // namespace
}  // namespace afterimage
