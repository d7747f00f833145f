#include "afterimage/recordings/bins.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"

namespace afterimage {
namespace {

using Rows = std::vector<int64_t>;
using Words = std::vector<std::string>;

const std::vector<Bin> recorded = {{-100, 0}, {0, 40}, {40, 80}, {80, 120}};

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ChooseBins, ByNumberByTimeOrAllAfterOnset) {
  EXPECT_EQ(choose_bins(recorded, {}, "here"), (Rows{1, 2, 3}));
  EXPECT_EQ(choose_bins(recorded, {"all"}, "here"), (Rows{0, 1, 2, 3}));
  EXPECT_EQ(choose_bins(recorded, {"3", "1", "3"}, "here"), (Rows{0, 2}));
  EXPECT_EQ(choose_bins(recorded, {"0-80"}, "here"), (Rows{1, 2}));
  EXPECT_EQ(choose_bins(recorded, {"-100-0", "80-200"}, "here"), (Rows{0, 3}));
  EXPECT_EQ(choose_bins({{-20, 5}}, {}, "here"), Rows{0});  // ends after onset
}

TEST(ChooseBins, RefusalsListWhatThereIs) {
  for (const Words& wanted : {Words{"5"}, Words{"0"}, Words{"0-30"}, Words{"1", "120-160"}}) {
    const auto message = refusal([&] { choose_bins(recorded, wanted, "data.bins"); });
    EXPECT_NE(message.find("data.bins"), std::string::npos) << message;
    EXPECT_NE(message.find("1: -100 to 0, 2: 0 to 40, 3: 40 to 80, 4: 80 to 120 ms"),
              std::string::npos)
        << message;
  }
  EXPECT_NE(refusal([] { choose_bins(recorded, {"late"}, "here"); }).find("'late'"),
            std::string::npos);
  EXPECT_NE(refusal([] {
              choose_bins({{-100, 0}}, {}, "here");
            }).find("after stimulus onset"),
            std::string::npos);
}

TEST(FindBins, ByTheirTimes) {
  EXPECT_EQ(find_bins(recorded, {{80, 120}, {0, 40}}, "r.h5"), (Rows{3, 1}));
  EXPECT_EQ(find_bins({{0, 1}, {0, 1}}, {{0, 1}, {0, 1}}, "r.h5"), (Rows{0, 1}));
  const auto message = refusal([] { find_bins(recorded, {{0, 40}, {120, 160}}, "r.h5"); });
  EXPECT_NE(message.find("no bin from 120 to 160 ms"), std::string::npos) << message;
  EXPECT_NE(message.find("4: 80 to 120 ms"), std::string::npos) << message;
}

TEST(BinsText, SumsUpManyBins) {
  std::vector<Bin> many;
  for (int t = 0; t < 300; ++t) many.push_back({double(t), double(t + 1)});
  EXPECT_EQ(bins_text(many), "1: 0 to 1, 2: 1 to 2, ..., 299: 298 to 299, 300: 299 to 300 ms");
}

TEST(SelectBins, OfResponses) {
  const auto responses = at::arange(12).view({1, 3, 4});
  EXPECT_TRUE(select_bins(responses, Rows{}).equal(responses));
  EXPECT_TRUE(select_bins(responses, Rows{3, 1}).select(2, 0).equal(responses.select(2, 3)));
  EXPECT_TRUE(select_bins(responses, Rows{1, 0, 2, 3}).select(2, 1).equal(responses.select(2, 0)));
}

}  // namespace
}  // namespace afterimage
