#include "afterimage/decoders/cross_validation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/decoders/model.h"
#include "afterimage/decoders/other_rows.h"
#include "afterimage/decoders/pooled_folds.h"
#include "afterimage/decoders/trial_folds.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// 12 stimuli of 4 photographs and 3 categories, each shown twice: stimuli 0..5 in blocks 0 and 1,
/// the others in blocks 2 and 3. The first repeat is "train", the second "test".
RecordingInfo info_of_twelve() {
  RecordingInfo info;
  for (int64_t s = 0; s < 12; ++s) {
    info.stimulus_name.push_back("s" + std::to_string(s));
    info.stimulus_source.push_back("photo" + std::to_string(s / 3));
    info.stimulus_category.push_back(std::string(1, static_cast<char>('a' + s % 3)));
  }
  for (int64_t t = 0; t < 24; ++t) {
    const int64_t s = t % 12;
    info.trials.stimulus.push_back(s);
    info.trials.repeat.push_back(t / 12);
    info.trials.block.push_back(s / 6 * 2 + t / 12);
    info.trials.split.push_back(t < 12 ? "train" : "test");
  }
  info.sensors = {{"a", "b"}, {"V1", "V1"}, {-1, -1}, {.2, .8}, {.5, .5}, {.1, .1}, {NAN, NAN}};
  info.bins = {{0, 100}};
  info.height = info.width = 8;
  return info;
}

std::vector<TrialFold> folds_of(const RecordingInfo& info, const std::string& by,
                                const std::string& folds) {
  const RunContext run;
  return trial_folds(info, trials_of_splits(info, {}, "r"), by, folds, run.generator("t"), "r");
}

std::set<int64_t> stimuli_of(const RecordingInfo& info, const std::vector<int64_t>& trials) {
  std::set<int64_t> stimuli;
  for (const auto t : trials) stimuli.insert(info.trials.stimulus[static_cast<size_t>(t)]);
  return stimuli;
}

template <typename Make>
std::string refusal(Make make) {
  try {
    make();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

#define EXPECT_SAYS(text, words) EXPECT_NE(text.find(words), std::string::npos) << text

TEST(TrialFolds, NoTestedStimulusIsLearnedFromAndEachTrialIsTestedOnce) {
  const auto info = info_of_twelve();
  for (const std::string by : {"stimulus", "source", "category"}) {
    for (const std::string count : {"2", "3", "all"}) {
      const auto folds = folds_of(info, by, count);
      std::multiset<int64_t> tested;
      for (const auto& fold : folds) {
        tested.insert(fold.test.begin(), fold.test.end());
        const auto test = stimuli_of(info, fold.test);
        for (const auto s : stimuli_of(info, fold.train)) EXPECT_FALSE(test.contains(s));
        EXPECT_EQ(std::ssize(fold.train) + std::ssize(fold.test) + fold.left_out, 24);
        EXPECT_EQ(fold.left_out, 0);
      }
      EXPECT_EQ(tested.size(), 24u);
      EXPECT_EQ(std::set<int64_t>(tested.begin(), tested.end()).size(), 24u) << by << count;
    }
  }
  EXPECT_EQ(folds_of(info, "stimulus", "all").size(), 12u);
  EXPECT_EQ(folds_of(info, "source", "all").size(), 4u);
  EXPECT_EQ(folds_of(info, "category", "all").size(), 3u);
}

TEST(TrialFolds, AStimulusOfTwoBlocksIsLeftOutWhereItIsTested) {
  const auto info = info_of_twelve();
  const auto folds = folds_of(info, "block", "all");
  ASSERT_EQ(folds.size(), 4u);
  for (const auto& fold : folds) {
    EXPECT_EQ(fold.test.size(), 6u);
    EXPECT_EQ(fold.left_out, 6);  // the same stimuli in the other block
    EXPECT_EQ(fold.train.size(), 12u);
  }
}

TEST(TrialFolds, SourcesThatStraddleFoldsAreCounted) {
  const auto info = info_of_twelve();
  EXPECT_EQ(stimuli_sharing_sources(info, folds_of(info, "stimulus", "all")), 12);
  EXPECT_EQ(stimuli_sharing_sources(info, folds_of(info, "source", "all")), 0);
}

TEST(TrialFolds, RefusesWhatCannotBeCut) {
  auto info = info_of_twelve();
  EXPECT_SAYS(refusal([&] { folds_of(info, "category", "4"); }), "3 groups by category");
  EXPECT_SAYS(refusal([&] { folds_of(info, "stimulus", "1"); }), "no number of folds");
  EXPECT_SAYS(refusal([&] { folds_of(info, "stimulus", "2.5"); }), "no number of folds");
  EXPECT_SAYS(refusal([&] { trials_of_splits(info, {"tset"}, "r"); }), "tset");
  info.stimulus_category[3] = "";
  EXPECT_SAYS(refusal([&] { folds_of(info, "category", "2"); }), "'s3' has no category");
  info.stimulus_category.clear();
  EXPECT_SAYS(refusal([&] { folds_of(info, "category", "2"); }), "no categories");
  for (auto& block : info.trials.block) block %= 2;  // every stimulus in both blocks
  EXPECT_SAYS(refusal([&] { folds_of(info, "block", "2"); }), "none is left to learn from");
  for (auto& block : info.trials.block) block = 0;
  EXPECT_SAYS(refusal([&] { folds_of(info, "block", "2"); }), "all trials are of one block");
}

TEST(PooledFolds, OtherStimuliComeFromTheSameFoldWhereItHasSome) {
  const RunContext run;
  const std::vector<int64_t> stimulus = {0, 0, 1, 2, 3, 4}, fold = {0, 0, 0, 1, 2, 1};
  const auto rows = rows_of_others(stimulus, run.generator("t"), fold);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto other = static_cast<size_t>(rows[i]);
    EXPECT_NE(stimulus[other], stimulus[i]);
    if (fold[i] != 2) {
      EXPECT_EQ(fold[other], fold[i]);
    }
  }
  const std::vector<int64_t> alone = {0, 1, 2, 2}, each = {0, 1, 2, 3};  // leave one out
  const auto others = rows_of_others(alone, run.generator("t"), each);
  for (size_t i = 0; i < 4; ++i) EXPECT_NE(alone[static_cast<size_t>(others[i])], alone[i]);
}

/// Two sensors that see the brightness of the stimulus's halves.
class CrossValidation : public ::testing::Test {
 protected:
  CrossValidation() : run_(example::prepared_run()) {
    const auto info = info_of_twelve();
    const auto halves = at::rand({12, 2}, run_.generator("images"));
    const auto images = halves.view({12, 1, 1, 2}).repeat_interleave(4, 3).expand({12, 3, 8, 8});
    RecordingWriter writer(folder_ / "r.h5", info, false);
    writer.append_images((images * 255).round().to(at::kByte));
    const auto seen = halves.repeat({2, 1}) + .05 * at::randn({24, 2}, run_.generator("noise"));
    responses_ = seen.to(at::kFloat).unsqueeze(2);
    writer.append_responses(responses_);
    writer.finish();
    config_.override_with("decoder=ridge");
    config_.override_with("data.image_size=8");
    config_.override_with("lambda=1");
    files_.folder = folder_ / "folds";
  }

  Reconstruction run_of(const std::string& by, const std::string& folds) {
    options_.by = by;
    options_.folds = folds;
    return cross_validate(config_, Recording(folder_ / "r.h5"), options_, files_, run_,
                          {{"inputs", nlohmann::json::array()}});
  }

  TemporaryFolder folder_;
  RunContext run_;
  Config config_;
  CrossValidationOptions options_;
  CrossValidationFiles files_;
  at::Tensor responses_;
};

// z-scores and ridge written out for one left-out stimulus, in float64.
TEST_F(CrossValidation, EachFoldSeesItsOwnTrainingTrialsOnly) {
  const auto result = run_of("stimulus", "all");
  ASSERT_EQ(result.images.size(0), 12);
  EXPECT_EQ(result.split, "cross-validation");
  EXPECT_EQ(result.trials_averaged, std::vector<int64_t>(12, 2));
  const Recording recording(folder_ / "r.h5");
  const auto x = responses_.squeeze(2).to(at::kDouble);
  for (const int64_t left_out : {0, 7}) {
    std::vector<int64_t> rows, stimuli;
    for (int64_t t = 0; t < 24; ++t) {
      if (t % 12 == left_out) continue;
      rows.push_back(t);
      stimuli.push_back(t % 12);
    }
    const auto train = x.index_select(0, at::tensor(rows));
    const auto mean = train.mean(0), scale = train.std(0, /*unbiased=*/false);
    const auto z = (train - mean) / scale;
    const auto test = ((x[left_out] + x[left_out + 12]) / 2 - mean) / scale;
    const auto y = recording.images(stimuli).flatten(1).to(at::kDouble) / 255;
    const auto weights =
        at::linalg_solve(at::mm(z.t(), z) + at::eye(2, at::kDouble), at::mm(z.t(), y - y.mean(0)));
    const auto expected = (at::mv(weights.t(), test) + y.mean(0)).clamp(0, 1).view({3, 8, 8});
    EXPECT_TRUE(at::allclose(result.images[left_out].to(at::kDouble), expected, 1e-5, 1e-5));
    const auto average = y.mean(0).view({3, 8, 8});
    EXPECT_TRUE(
        at::allclose(result.controls.at("mean")[left_out].to(at::kDouble), average, 1e-5, 1e-5));
  }
  const auto& names = result.controls;
  EXPECT_EQ(names.size(), 3u) << "mean, retrieval, shuffled; ridge is the decoder itself";
}

TEST_F(CrossValidation, AResumedRunTakesWhatIsThereAndMakesTheSame) {
  const auto whole = run_of("source", "4");
  EXPECT_SAYS(refusal([&] { run_of("source", "4"); }), "unfinished cross-validation");
  files_.resume = true;
  fs::remove(files_.folder / "fold-2.h5");
  const auto kept = fs::last_write_time(files_.folder / "fold-1.h5");
  const auto again = run_of("source", "4");
  EXPECT_EQ(fs::last_write_time(files_.folder / "fold-1.h5"), kept);
  EXPECT_TRUE(again.images.equal(whole.images));
  EXPECT_TRUE(again.controls.at("shuffled").equal(whole.controls.at("shuffled")));
  config_.override_with("lambda=1000");  // nothing of it may be used
  const auto other = run_of("source", "4");
  EXPECT_NE(fs::last_write_time(files_.folder / "fold-1.h5"), kept);
  EXPECT_FALSE(other.images.allclose(whole.images, 1e-3, 1e-3));
}

TEST_F(CrossValidation, ModelsAreKeptWhenAskedFor) {
  files_.models = folder_ / "models";
  const auto result = run_of("category", "all");
  EXPECT_EQ(result.provenance["cross_validation"]["folds"], 3);
  Model model = Model::load(files_.models / "fold-2", run_);
  EXPECT_EQ(model.name(), "ridge");
  const auto trials = model.card()["provenance"]["cross_validation"]["trials"];
  EXPECT_EQ(trials.size(), 16u);
}

TEST_F(CrossValidation, OneWhoIsStoppedKeepsFinishedFoldsOrNothing) {
  const Cancellation stop;
  run_ = RunContext({}, stop);
  stop.request();
  EXPECT_THROW(run_of("stimulus", "3"), Interrupted);
  EXPECT_FALSE(fs::exists(files_.folder));
}

TEST_F(CrossValidation, RefusesASplitToTrainOn) {
  config_.override_with("data.split=train");
  EXPECT_SAYS(refusal([&] { run_of("stimulus", "3"); }), "--split");
}

}  // namespace
}  // namespace afterimage
