#include "afterimage/analysis/conditions.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

namespace afterimage {
namespace {

DecoderInput three_regions(int64_t bins) {
  DecoderInput input;
  for (int64_t b = 0; b < bins; ++b) input.bins.push_back({40.0 * b, 40.0 * (b + 1)});
  Sensors& sensors = input.sensors;
  for (const std::string roi : {"V1", "V4", "V1", "IT"}) {
    sensors.name.push_back("s" + std::to_string(sensors.name.size()));
    sensors.roi.push_back(roi);
  }
  return input;
}

TEST(Conditions, The44OfThePaper) {
  const auto all = conditions_in_time(three_regions(5));
  EXPECT_EQ(all.size(), 44u);
  std::set<std::string> names;
  for (const auto& condition : all) names.insert(condition.name);
  EXPECT_EQ(names.size(), 44u);
  EXPECT_EQ(all[0].name, "all");
  EXPECT_TRUE(all[0].kept.all().item<bool>());
}

TEST(Conditions, KeepWhatTheySay) {
  for (const auto& condition : conditions_in_time(three_regions(5))) {
    const int64_t sensors = condition.regions == "all" ? 4 : condition.regions == "V1" ? 2 : 1;
    const int64_t bins = condition.windows == "all" ? 5 : condition.windows[0] == 'o' ? 1 : 4;
    EXPECT_EQ(condition.kept.sum().item<int64_t>(), sensors * bins) << condition.name;
    if (condition.name == "V1, only 2") {
      EXPECT_TRUE(condition.kept[2][1].item<bool>());
      EXPECT_FALSE(condition.kept[1][1].item<bool>());
    }
    if (condition.name == "all, all but 5") {
      EXPECT_FALSE(condition.kept[0][4].item<bool>());
    }
  }
}

TEST(Conditions, OneBinHasNoWindows) {
  EXPECT_EQ(conditions_in_time(three_regions(1)).size(), 4u);
  EXPECT_EQ(conditions_in_space(three_regions(1)).size(), 4u);
}

}  // namespace
}  // namespace afterimage
