#include "afterimage/preparation/prepare.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "afterimage/preparation/kmeans.h"
#include "afterimage/recordings/example_recording.h"

namespace afterimage {
namespace {

const RunContext run = [] {
  RunOptions options;
  return example::prepared_run(options);
}();

TEST(KMeans, FindsClustersThatAreThere) {
  auto generator = run.generator("test");
  const at::Tensor centres = at::tensor({0.0, 0.0, 9.0, 0.0, 0.0, 9.0}).view({3, 2});
  const at::Tensor rows =
      centres.repeat({20, 1}) + at::randn({60, 2}, generator, at::TensorOptions(at::kFloat));
  const auto cluster = kmeans(rows, 3, run.generator("k-means"));
  for (size_t i = 3; i < 60; ++i) EXPECT_EQ(cluster[i], cluster[i % 3]) << i;
  EXPECT_NE(cluster[0], cluster[1]);
  EXPECT_NE(cluster[1], cluster[2]);
  const auto same = kmeans(at::ones({5, 2}), 3, run.generator("k-means"));  // no spread: no crash
  EXPECT_EQ(same.size(), 5u);
}

class PrepareTest : public example::FolderTest {
 protected:
  Recording prepared(PrepareOptions options, const RecordingInfo& info,
                     const at::Tensor& responses) {
    example::write(path_, info, responses);
    const Recording from(path_);
    report_ = prepare(from, options, folder_ / "out.h5", true, run, {{"command", "typed"}});
    return Recording(folder_ / "out.h5");
  }
  static at::Tensor of(const Recording& recording, const std::string& split) {
    return recording.responses(recording.info().trials_of(split, "test"));
  }
  ImportReport report_;
};

TEST_F(PrepareTest, WithoutOptionsNothingChanges) {
  const auto info = example::info();
  const auto out = prepared({}, info, example::responses(info));
  EXPECT_TRUE(at::equal(out.responses({0, 7, 13}), Recording(path_).responses({0, 7, 13})));
  EXPECT_TRUE(at::equal(out.images({0, 4}), Recording(path_).images({0, 4})));
  EXPECT_FALSE(PrepareOptions().any());
}

TEST_F(PrepareTest, TestTrialsNeverReachTrainingStatistics) {
  auto info = example::info();
  at::Tensor responses = example::responses(info);
  PrepareOptions options;
  options.zscore = "block";
  options.detrend = 1;
  // Blocks of the example with training trials: 0, 1, 2. Without tests of their own in block 2.
  const at::Tensor before = of(prepared(options, info, responses), "train");
  responses.narrow(0, 12, 2).mul_(100);  // the test trials
  const at::Tensor after = of(prepared(options, info, responses), "train");
  EXPECT_TRUE(at::equal(before, after));
  options.zscore = "test-day";
  const auto out = prepared(options, info, responses);
  EXPECT_EQ(out.info().provenance["transductive"].size(), 1u);
  EXPECT_EQ(out.info().provenance["command"], "typed");
  EXPECT_FALSE(at::equal(before, of(out, "train")));
}

TEST_F(PrepareTest, DetrendTakesALineAndKeepsTheLevel) {
  auto info = example::info();
  at::Tensor flat = example::responses(info).fill_(5), drifting = flat.clone();
  for (int64_t t = 0; t < 12; ++t) drifting[t] += static_cast<double>(t % 4) - 1.5;
  PrepareOptions options;
  options.detrend = 1;
  const auto out = of(prepared(options, info, drifting), "train");
  EXPECT_TRUE(at::allclose(out, at::full_like(out, 5), 0, 1e-5));
}

// Of six bins, three are read: two windows' and the baseline's.
TEST_F(PrepareTest, WindowsAndBaselineUseTheirOwnBins) {
  auto info = example::info();
  info.bins = {{-60, -50}, {-50, 0}, {0, 10}, {10, 20}, {20, 40}, {40, 80}};
  const at::Tensor responses = example::responses(info);
  PrepareOptions options;
  options.baseline = "-50-0";
  options.windows = "5-20|40-80";
  const auto out = prepared(options, info, responses);
  const at::Tensor level = responses.narrow(2, 1, 1);
  const at::Tensor first = (responses.narrow(2, 2, 1) + 2 * responses.narrow(2, 3, 1)) / 3;
  const at::Tensor expected = at::cat({first - level, responses.narrow(2, 5, 1) - level}, 2);
  EXPECT_EQ(out.bins(), 2);
  EXPECT_TRUE(at::allclose(of(out, "train"), expected.narrow(0, 0, 12), 0, 1e-5));
}

TEST_F(PrepareTest, DelaysPairAFrameWithWhatFollows) {
  auto info = example::info();
  info.frames_per_second = 2;
  const at::Tensor responses = example::responses(info);
  PrepareOptions options;
  options.delays = {1, 2};
  const auto out = prepared(options, info, responses);
  EXPECT_EQ(out.bins(), 4);
  EXPECT_EQ(out.info().bins[2].start_ms, 25 + 2 * 500);
  EXPECT_EQ(report_.dropped.at(0).count, 14 - 6);  // two of four in each of three blocks
  EXPECT_TRUE(at::equal(out.responses({0})[0].narrow(1, 0, 2), responses[1]));
  EXPECT_TRUE(at::equal(out.responses({0})[0].narrow(1, 2, 2), responses[2]));
  options.delays = {9};
  EXPECT_THROW(prepared(options, info, responses), Error);
}

TEST_F(PrepareTest, AveragesRepeatsWithinASplit) {
  const auto info = example::info();
  const at::Tensor responses = example::responses(info);
  PrepareOptions options;
  options.average = "test";
  const auto out = prepared(options, info, responses);
  EXPECT_EQ(out.info().trials.count(), 13);
  EXPECT_TRUE(at::allclose(of(out, "test")[0], responses.narrow(0, 12, 2).mean(0)));
  options.average = "all";
  EXPECT_EQ(prepared(options, info, responses).info().trials.count(), 5);
}

TEST_F(PrepareTest, FieldsFollowTheImages) {
  auto info = example::info();  // 8 high, 6 wide
  info.fixation_x = 0.25;
  info.fixation_y = -0.5;
  PrepareOptions options;
  options.images.crop = 0.5;  // 3 pixels, from column 1 and row 2
  options.images.image_size = 12;
  const auto out = prepared(options, info, example::responses(info));
  EXPECT_EQ(out.info().height, 12);
  EXPECT_NEAR(out.info().sensors.x[0], (0.25 * 6 - 1) / 3, 1e-12);
  EXPECT_NEAR(out.info().sensors.y[0], (0.75 * 8 - 2) / 3, 1e-12);
  EXPECT_NEAR(out.info().sensors.size[0], 0.1 * 2, 1e-12);
  EXPECT_NEAR(out.info().degrees_per_stimulus, 7.5 / 2, 1e-12);
  EXPECT_NEAR(out.info().fixation_x, (0.25 * 6 - 1) / 3, 1e-12);
  EXPECT_NEAR(out.info().fixation_y, (-0.5 * 8 - 2) / 3, 1e-12);
  options.images = ImageOptions();
  options.images.retina = "warp";
  EXPECT_THROW(prepared(options, info, example::responses(info)), Error);  // not square
}

TEST_F(PrepareTest, WholeGroupsGoToTheTest) {
  auto info = example::info();
  info.stimulus_category = {"dog", "dog", "cat", "cat", "fish"};
  info.stimulus_source = {"", "", "", "", ""};
  PrepareOptions options;
  options.splits.split = "category";
  options.splits.test_share = 0.3;
  const auto out = prepared(options, info, example::responses(info));
  std::map<std::string, std::set<std::string>> splits;
  for (size_t t = 0; t < 14; ++t) {
    const auto& trials = out.info().trials;
    splits[info.stimulus_category[static_cast<size_t>(trials.stimulus[t])]].insert(trials.split[t]);
  }
  for (const auto& [category, seen] : splits) EXPECT_EQ(seen.size(), 1u) << category;
  options.splits.split = "block";
  options.splits.test_blocks = {0, 1};
  EXPECT_THROW(prepared(options, info, example::responses(info)), Error);  // all are seen in both
  options.splits.test_blocks = {9};
  EXPECT_THROW(prepared(options, info, example::responses(info)), Error);
}

}  // namespace
}  // namespace afterimage
