#include "afterimage/recordings/share.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace afterimage {
namespace {

/// 40 stimuli, two crops of each of 20 photographs, each shown twice.
RecordingInfo example() {
  RecordingInfo info;
  for (int64_t i = 0; i < 40; ++i) {
    info.stimulus_name.push_back("crop " + std::to_string(i));
    info.stimulus_source.push_back("photo " + std::to_string(i / 2));
  }
  for (int64_t trial = 0; trial < 80; ++trial) info.trials.stimulus.push_back(trial % 40);
  return info;
}

std::vector<int64_t> all() {
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < 80; ++i) rows.push_back(i);
  return rows;
}

TEST(ShareOfTrials, TakesPhotographsWhole) {
  const auto info = example();
  const auto chosen = share_of_trials(info, all(), 0.25, 1);
  EXPECT_EQ(chosen.size(), 20u);  // 5 photographs, two crops each, shown twice
  EXPECT_TRUE(std::is_sorted(chosen.begin(), chosen.end()));
  std::set<int64_t> photographs;
  for (const auto trial : chosen) photographs.insert(trial % 40 / 2);
  EXPECT_EQ(photographs.size(), 5u);
}

TEST(ShareOfTrials, SmallerSharesArePartOfLargerOnes) {
  const auto info = example();
  for (const uint64_t seed : {1, 2, 3}) {
    const auto half = share_of_trials(info, all(), 0.5, seed);
    const auto eighth = share_of_trials(info, all(), 0.125, seed);
    EXPECT_TRUE(std::includes(half.begin(), half.end(), eighth.begin(), eighth.end()));
    EXPECT_EQ(share_of_trials(info, all(), 1, seed), all());
    EXPECT_EQ(share_of_trials(info, all(), 0.001, seed).size(), 4u) << "at least one photograph";
  }
  EXPECT_NE(share_of_trials(info, all(), 0.5, 1), share_of_trials(info, all(), 0.5, 2));
}

TEST(ShareOfTrials, StimuliWithoutPhotographStandForThemselves) {
  auto info = example();
  info.stimulus_source.assign(40, "");
  EXPECT_EQ(share_of_trials(info, all(), 0.25, 1).size(), 20u);
}

}  // namespace
}  // namespace afterimage
