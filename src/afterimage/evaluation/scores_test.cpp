#include "afterimage/evaluation/scores.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"

namespace afterimage {
namespace {

RunContext quiet_run() {
  RunOptions options;
  options.threads = 2;
  return example::prepared_run(options);
}

class Evaluate : public ::testing::Test {
 protected:
  Evaluate() : run_(quiet_run()) {
    folder_ =
        std::filesystem::temp_directory_path() / ("scores_test_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    auto& info = info_;
    info.height = info.width = 16;
    info.bins = {{0, 100}};
    info.sensors.name = {"one"};
    info.sensors.roi = {"V1"};
    info.sensors.array = {-1};
    info.sensors.x = info.sensors.y = info.sensors.size = info.sensors.reliability = {0.5};
    for (int64_t i = 0; i < 12; ++i) {
      info.stimulus_name.push_back("photo, " + std::to_string(i));
      info.stimulus_source.push_back("");
      info.trials.stimulus.push_back(i);
      info.trials.repeat.push_back(0);
      info.trials.block.push_back(0);
      info.trials.split.push_back("test");
    }
    images_ = at::randint(256, {12, 3, 16, 16}, at::detail::createCPUGenerator(5)).to(at::kByte);
    write_recording();
  }
  ~Evaluate() override { std::filesystem::remove_all(folder_); }

  void write_recording() {
    RecordingWriter writer(folder_ / "recording.h5", info_, true);
    writer.append_images(images_);
    writer.append_responses(at::zeros({12, 1, 1}));
    writer.finish();
  }

  /// The same with every row `times` times, one after the other or in turn.
  static Reconstruction repeated(const Reconstruction& once, int64_t times, bool in_turn) {
    const auto rows = static_cast<int64_t>(once.stimulus.size());
    const auto order =
        in_turn ? at::arange(rows).repeat({times}) : at::arange(rows).repeat_interleave(times);
    Reconstruction more = once;
    more.stimulus.clear();
    for (int64_t i = 0; i < order.numel(); ++i) {
      more.stimulus.push_back(once.stimulus[static_cast<size_t>(order[i].item<int64_t>())]);
    }
    more.trials_averaged.assign(more.stimulus.size(), 1);
    more.images = once.images.index_select(0, order);
    for (auto& [name, images] : more.controls) images = images.index_select(0, order);
    return more;
  }

  /// The true images of the stimuli 11, 10, ..., blended with noise.
  Reconstruction reconstruction(const std::string& name, double noise, int64_t count = 10) {
    Reconstruction r;
    r.name = name;
    r.decoder = "ridge";
    r.split = "test";
    for (int64_t i = 0; i < count; ++i) r.stimulus.push_back(11 - i);
    r.trials_averaged.assign(r.stimulus.size(), 1);
    const auto truth = images_.index_select(0, at::tensor(r.stimulus)).to(at::kFloat) / 255;
    const auto random = at::rand(truth.sizes(), at::detail::createCPUGenerator(name.size()));
    r.images = (1 - noise) * truth + noise * random;
    r.controls["mean"] = truth.mean(0, true).expand_as(truth).contiguous();
    r.controls["shuffled"] = r.images.roll(1, 0);
    return r;
  }

  Scores scores_of(const std::vector<Reconstruction>& all, int64_t bootstrap = 500) {
    EvaluationOptions options;
    options.metrics = metrics_;
    options.bootstrap = bootstrap;
    return evaluate(all, Recording(folder_ / "recording.h5"), options, run_);
  }

  std::string refusal(const std::vector<Reconstruction>& all) {
    try {
      scores_of(all);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  RunContext run_;
  std::filesystem::path folder_;
  RecordingInfo info_;
  at::Tensor images_;
  std::vector<std::string> metrics_ = {"pixel-correlation", "ssim", "pixel-identification-2way"};
};

TEST_F(Evaluate, ScoresDecodersAndControlsOnce) {
  const auto scores = scores_of({reconstruction("good", 0.1), reconstruction("poorer", 0.6)});
  std::vector<std::string> names;
  for (const auto& set : scores.sets) names.push_back(set.name);
  EXPECT_EQ(names, (std::vector<std::string>{"good", "poorer", "mean", "shuffled (good)",
                                             "shuffled (poorer)"}));
  EXPECT_FALSE(scores.sets[1].control);
  EXPECT_TRUE(scores.sets[2].control);
  const auto& good = scores.sets[0].scores[0];
  EXPECT_EQ(good.metric, "pixel-correlation");
  EXPECT_GT(good.value, 0.98);
  ASSERT_TRUE(good.low && good.high);
  EXPECT_LE(*good.low, good.value);
  EXPECT_GE(*good.high, good.value);
  EXPECT_EQ(scores.sets[0].scores[2].value, 1);
  EXPECT_NEAR(scores.sets[3].scores[0].value, 0, 0.1);
  EXPECT_EQ(scores.stimulus_name[0], "photo, 11");
}

TEST_F(Evaluate, ComparesDecodersWithTheirControls) {
  const auto scores = scores_of({reconstruction("good", 0.1), reconstruction("poorer", 0.6)});
  // 3 metrics x (good-poorer, good-mean, poorer-mean, good-shuffled, poorer-shuffled).
  ASSERT_EQ(scores.comparisons.size(), 15u);
  const auto& c = scores.comparisons[0];
  EXPECT_EQ(c.first, "good");
  EXPECT_EQ(c.second, "poorer");
  EXPECT_NEAR(c.difference, scores.sets[0].scores[0].value - scores.sets[1].scores[0].value, 1e-12);
  EXPECT_GT(c.low, 0);
  EXPECT_LT(c.p, 0.01);
  EXPECT_GE(c.q, c.p);
}

TEST_F(Evaluate, ADecoderThatIsItsOwnControlIsScoredOnce) {
  auto deep = reconstruction("deep", 0.2);
  const auto ridge = reconstruction("ridge", 0.4);
  deep.controls["ridge"] = ridge.images;
  auto scores = scores_of({deep, ridge});
  EXPECT_EQ(scores.sets.size(), 5u);  // deep, ridge, mean, two shuffled
  deep.controls["ridge"] = ridge.images * 0.5;
  scores = scores_of({deep, ridge});
  EXPECT_EQ(scores.sets.size(), 6u);
  EXPECT_EQ(scores.sets[3].name, "ridge (deep)");
}

TEST_F(Evaluate, EqualSeedsGiveEqualScores) {
  const auto json = [&] { return scores_of({reconstruction("good", 0.3)}).to_json(); };
  EXPECT_EQ(json(), json());
}

TEST_F(Evaluate, JsonComesBackAsItWas) {
  auto scores = scores_of({reconstruction("good", 0.3)});
  scores.sets[0].scores[1] = score_not_computed("a reason");
  scores.sets[0].scores[1].metric = "ssim";
  auto& ceiling = scores.sets[0].scores[0].ceiling;
  ceiling.halves = 0.5;
  ceiling.predicted = 0.9;
  ceiling.images = 7;
  scores.sets[0].scores[0].network = "squeezenet";
  scores.sets[0].scores[0].areas = {{"V1", 12, 0.25}};
  scores.sets[0].scores[0].areas[0].ceiling.true_images = 0.5;
  scores.provenance = {{"seed", 1}};
  const auto json = nlohmann::json::parse(scores.to_json().dump());
  const auto back = Scores::from_json(json, "scores.json");
  EXPECT_EQ(back.to_json(), json);
  EXPECT_EQ(back.sets[0].scores[1].not_computed, "a reason");
  const auto& own = back.sets[0].scores[0];
  EXPECT_EQ(own.ceiling.predicted, 0.9);
  EXPECT_FALSE(own.ceiling.noise_free);
  EXPECT_EQ(own.areas.at(0).ceiling.true_images, 0.5);
  EXPECT_EQ(json["sets"][0]["scores"][0]["ceiling"]["images"], 7);
  EXPECT_TRUE(json["sets"][0]["scores"][1]["value"].is_null());
  EXPECT_EQ(back.sets[0].scores[0].per_image, scores.sets[0].scores[0].per_image);
  EXPECT_EQ(back.comparisons.size(), scores.comparisons.size());
}

TEST_F(Evaluate, JsonOfOthersIsRefused) {
  const auto good = scores_of({reconstruction("good", 0.3)}).to_json();
  const auto refused = [](const nlohmann::json& json) {
    EXPECT_THROW(Scores::from_json(json, "scores.json"), Error) << json.dump().substr(0, 80);
  };
  refused(nlohmann::json::array());
  refused({{"format", 3}});
  auto json = good;
  json["version"] = 2;
  refused(json);
  json = good;
  json.erase("sets");
  refused(json);
  json = good;
  json["sets"][0]["scores"][0]["per_image"].push_back(1);
  refused(json);
}

TEST_F(Evaluate, TablesOfSetsAndOfImages) {
  auto scores = scores_of({reconstruction("a \"quoted\" name", 0.3)});
  scores.sets[1].name = "";  // an empty field keeps its place
  const auto csv = scores.to_csv(), images = scores.images_to_csv();
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 3 * 3);
  EXPECT_EQ(csv.rfind("set,control,metric,value,low,high,not_computed,trained_against,area,"
                      "true_images,noise_free,predicted,repeats,halves\n",
                      0),
            0u);
  EXPECT_NE(csv.find("\n,yes,pixel-correlation,"), std::string::npos);
  EXPECT_EQ(std::count(images.begin(), images.end(), '\n'), 1 + 3 * 3 * 10);
  EXPECT_EQ(images.rfind("set,control,metric,stimulus,repeat,name,value\n", 0), 0u);
  EXPECT_NE(images.find("\n\"a \"\"quoted\"\" name\",no,pixel-correlation,11,0,\"photo, 11\",0.9"),
            std::string::npos);
}

TEST_F(Evaluate, APerfectDecoderOfSingleTrialsScoresOne) {
  metrics_.emplace_back("pixel-identification-nway");
  for (const bool in_turn : {false, true}) {
    const auto scores = scores_of({repeated(reconstruction("perfect", 0, 2), 30, in_turn)});
    EXPECT_EQ(scores.stimuli, 2);
    EXPECT_EQ(scores.stimulus.size(), 60u);
    for (const auto& score : scores.sets[0].scores) {
      EXPECT_NEAR(score.value, 1, 1e-12) << score.metric;
      EXPECT_EQ(score.per_image.size(), 60u);
    }
    EXPECT_EQ(scores.to_json()["metrics"][3]["chance"], 0.5);
  }
}

// More trials of the same images are no more images: values, intervals and p stay what they were.
TEST_F(Evaluate, DuplicatedTrialsChangeNothing) {
  const std::vector<Reconstruction> once = {reconstruction("good", 0.3, 7),
                                            reconstruction("poorer", 0.35, 7)};
  const auto expected = scores_of(once);
  for (const int64_t times : {2, 3, 8}) {
    const bool in_turn = times != 3;
    const auto found =
        scores_of({repeated(once[0], times, in_turn), repeated(once[1], times, in_turn)});
    for (size_t s = 0; s < expected.sets.size(); ++s) {
      for (size_t m = 0; m < metrics_.size(); ++m) {
        const auto &a = expected.sets[s].scores[m], &b = found.sets[s].scores[m];
        EXPECT_NEAR(a.value, b.value, 1e-14);
        EXPECT_NEAR(*a.low, *b.low, 1e-14);
        EXPECT_NEAR(*a.high, *b.high, 1e-14);
      }
    }
    ASSERT_EQ(found.comparisons.size(), expected.comparisons.size());
    for (size_t i = 0; i < found.comparisons.size(); ++i) {
      EXPECT_NEAR(found.comparisons[i].low, expected.comparisons[i].low, 1e-14);
      EXPECT_EQ(found.comparisons[i].p, expected.comparisons[i].p);
    }
  }
}

TEST_F(Evaluate, StimuliWithEqualPixelsAreOne) {
  images_[4].copy_(images_[9]);
  write_recording();
  const auto scores = scores_of({reconstruction("perfect", 0)});
  EXPECT_EQ(scores.stimuli, 9);
  EXPECT_NEAR(scores.sets[0].scores[2].value, 1, 1e-12);
}

TEST_F(Evaluate, SaysWhatWasLearnedFromToo) {
  auto made = reconstruction("good", 0.3, 4);  // stimuli 11, 10, 9, 8
  made.split = "judged";
  made.train_split = "learned";
  for (int64_t i = 0; i < 12; ++i) {
    info_.trials.split[static_cast<size_t>(i)] = i < 8 ? "learned" : "judged";
  }
  info_.stimulus_source[3] = info_.stimulus_source[9] = "photo";
  images_[10].copy_(images_[0]);
  write_recording();
  const auto scores = scores_of({made});
  ASSERT_EQ(scores.leakage.size(), 1u);
  EXPECT_EQ(scores.leakage[0].pixels, std::vector<int64_t>{10});
  EXPECT_EQ(scores.leakage[0].sources, std::vector<int64_t>{9});
  const auto json = nlohmann::json::parse(scores.to_json().dump());
  EXPECT_EQ(json["leakage"][0]["tested"], 4);
  EXPECT_EQ(Scores::from_json(json, "scores.json").to_json(), json);
  made.train_split = "";  // an older file, of a recording without the usual split
  EXPECT_TRUE(scores_of({made}).leakage.empty());
}

TEST_F(Evaluate, ScoresOfOtherImagesAreRefused) {
  auto made = reconstruction("good", 0.3);
  auto scores = scores_of({made});
  EXPECT_NO_THROW(check_scores(scores, made));  // without hashes: by row
  made.show(Recording(folder_ / "recording.h5"), made.stimulus);
  EXPECT_NO_THROW(check_scores(scores, made));
  made.stimulus_sha256[2] = "another";
  EXPECT_THROW(check_scores(scores, made), Error);
  made.stimulus_sha256.clear();
  std::swap(made.stimulus[0], made.stimulus[1]);
  EXPECT_THROW(check_scores(scores, made), Error);
}

TEST_F(Evaluate, ScoresOfVersion01AreRead) {
  const auto scores = scores_of({reconstruction("good", 0.3)});
  auto json = scores.to_json();
  for (const auto* key : {"image_size", "stimuli", "leakage", "statistics"}) json.erase(key);
  for (auto& image : json["images"]) {
    image.erase("sha256");
    image.erase("repeat");
  }
  const auto back = Scores::from_json(json, "scores.json");
  EXPECT_EQ(back.stimuli, 10);
  EXPECT_EQ(back.height, 0);
  EXPECT_TRUE(back.stimulus_sha256.empty());
}

TEST_F(Evaluate, OneImageHasNoInterval) {
  const auto scores = scores_of({reconstruction("one", 0.3, 1)});
  EXPECT_FALSE(scores.sets[0].scores[0].low);
  EXPECT_NE(scores.sets[0].scores[2].not_computed, "");
  EXPECT_TRUE(scores.comparisons.empty());
}

TEST_F(Evaluate, RefusesWhatCannotBeCompared) {
  const auto first = reconstruction("first", 0.1);
  EXPECT_NE(refusal({}), "");
  EXPECT_NE(refusal({first, first}).find("two reconstructions"), std::string::npos);
  auto other = reconstruction("other", 0.1);
  other.split = "train";
  EXPECT_NE(refusal({first, other}).find("split"), std::string::npos);
  other = reconstruction("other", 0.1);
  std::swap(other.stimulus[0], other.stimulus[1]);
  EXPECT_NE(refusal({first, other}).find("stimuli"), std::string::npos);
  other = reconstruction("other", 0.1);
  other.images = at::rand({10, 3, 8, 8});
  EXPECT_NE(refusal({first, other}).find("size"), std::string::npos);
  other = reconstruction("other", 0.1);
  other.stimulus[3] = 12;
  EXPECT_NE(refusal({other}).find("no stimulus 12"), std::string::npos);
}

TEST_F(Evaluate, TruthIsResizedToTheReconstructions) {
  auto r = reconstruction("half", 0);
  r.controls.clear();
  r.images = at::avg_pool2d(r.images, 2);
  const auto scores = scores_of({r});
  EXPECT_GT(scores.sets[0].scores[0].value, 0.9);
}

}  // namespace
}  // namespace afterimage
