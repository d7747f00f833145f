#include "afterimage/recordings/windows.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"

namespace afterimage {
namespace {

Sensors sensors(std::vector<std::string> rois) {
  Sensors out;
  for (size_t i = 0; i < rois.size(); ++i) out.name.push_back(std::to_string(i));
  out.roi = std::move(rois);
  return out;
}

std::vector<Bin> milliseconds(int start, int stop) {
  std::vector<Bin> bins;
  for (int t = start; t < stop; ++t) bins.push_back({double(t), double(t + 1)});
  return bins;
}

TEST(Windows, NamesOfThePapers) {
  const auto five = Windows::parse("five", "here").of("V4", "here");
  ASSERT_EQ(five.size(), 5u);
  EXPECT_EQ(five[0].start_ms, 33);
  EXPECT_EQ(five[4].stop_ms, 33 + 4 * 26 + 27);
  EXPECT_EQ(Windows::parse("single", "here").of("IT", "here")[0].stop_ms, 199);
  EXPECT_EQ(Windows::parse("authors", "here").of("V1", "here")[0].start_ms, 25);
  EXPECT_TRUE(Windows::parse("all", "here").all());
  EXPECT_EQ(Windows::parse("-100-0", "here").of("V1", "here")[0].start_ms, -100);
}

TEST(Windows, RefusesWhatIsNone) {
  for (const char* bad : {"", "sngle", "V1", "V1:", "50-20", "V1:0-50,V1:50-100", "|", "a-b",
                          "V1:0-50,V4:0-50|50-100", "nan-5", "0-inf"}) {
    EXPECT_THROW(Windows::parse(bad, "here"), Error) << bad;
  }
  EXPECT_THROW(Windows::parse("V1:0-50", "here").of("V4", "here"), Error);
}

TEST(Binning, AveragesEachRoiOverItsWindows) {
  const auto all = sensors({"V1", "IT", "V1"});
  const auto bins = milliseconds(-10, 200);
  const Binning binning(Windows::parse("single", "here"), bins, all, "here");
  EXPECT_EQ(binning.bins()[0].start_ms, 0);
  EXPECT_EQ(binning.bins()[0].stop_ms, 199);
  EXPECT_FALSE(binning.same_for_all());
  EXPECT_EQ(binning.window_ms()[1][0][0].item<double>(), 66);
  const at::Tensor responses = at::rand({4, 3, 210});
  const at::Tensor out = binning.apply(responses);
  EXPECT_TRUE(at::allclose(out.select(1, 0).select(1, 0),
                           responses.select(1, 0).narrow(1, 10, 133).mean(1)));
  EXPECT_TRUE(at::allclose(out.select(1, 1).select(1, 0),
                           responses.select(1, 1).narrow(1, 76, 133).mean(1)));
}

TEST(Binning, WeighsHalfBinsAndRefusesGaps) {
  const std::vector<Bin> bins = {{0, 20}, {20, 40}};
  const at::Tensor weights = window_weights(bins, {10, 40}, "here");
  EXPECT_NEAR(weights[0].item<double>(), 1.0 / 3, 1e-6);
  EXPECT_THROW(window_weights(bins, {30, 50}, "here"), Error);
  EXPECT_THROW(window_weights({{0, 20}, {10, 30}}, {0, 30}, "here"), Error);
}

}  // namespace
}  // namespace afterimage
