#include "afterimage/analysis/result.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/analysis/chart.h"
#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/temporary_folder.h"

namespace afterimage {
namespace {

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

AnalysisResult example() {
  AnalysisResult result;
  result.name = "example";
  result.title = "An example";
  result.lead = "Two regions.";
  result.tables = {
      {"numbers", "Numbers", {"region", "value"}, {{"V1, \"upper\"", "1"}, {"V4", ""}}}};
  result.charts = {{"bars",
                    "Bars",
                    Chart::Kind::bars,
                    "",
                    "r",
                    {"V1", "V4"},
                    {{"a", {}, {1, NAN}}, {"b", {}, {-2, 3}}}}};
  result.grids = {{"grid",
                   "Images",
                   {"shown", "all", "V1"},
                   {"first", "second"},
                   at::arange(6 * 3 * 5 * 4).view({6, 3, 5, 4}).to(at::kFloat) / 400}};
  result.provenance = {{"command", "as typed"}};
  return result;
}

TEST(AnalysisResult, ComesBackAsItWasSaved) {
  const TemporaryFolder folder;
  const auto saved = example();
  saved.save(folder / "out", false);
  EXPECT_EQ(read_text(folder / "out/numbers.csv"), "region,value\n\"V1, \"\"upper\"\"\",1\nV4,\n");
  EXPECT_NE(read_text(folder / "out/bars.svg").find("xmlns"), std::string::npos);

  const auto loaded = AnalysisResult::load(folder / "out");
  EXPECT_EQ(loaded.title, saved.title);
  EXPECT_EQ(loaded.tables[0].rows, saved.tables[0].rows);
  EXPECT_EQ(loaded.charts[0].categories, saved.charts[0].categories);
  EXPECT_EQ(loaded.charts[0].series[1].y, saved.charts[0].series[1].y);
  EXPECT_TRUE(std::isnan(loaded.charts[0].series[0].y[1]));
  EXPECT_EQ(loaded.grids[0].columns, saved.grids[0].columns);
  EXPECT_LT((loaded.grids[0].images - saved.grids[0].images).abs().max().item<float>(),
            0.5 / 255 + 1e-6);
  EXPECT_EQ(loaded.provenance, saved.provenance);
  EXPECT_THROW(saved.save(folder / "out", false), Error);
}

TEST(AnalysisResult, OtherFilesAreRefused) {
  const TemporaryFolder folder;
  EXPECT_THROW(AnalysisResult::load(folder / "none"), Error);
  std::filesystem::create_directories(folder / "x");
  write_text(folder / "x/analysis.json", "{\"format\": \"other\"}", true);
  EXPECT_THROW(AnalysisResult::load(folder / "x"), Error);
  write_text(folder / "x/analysis.json", "{\"format\": \"afterimage-analysis\", \"version\": 1}",
             true);
  EXPECT_THROW(AnalysisResult::load(folder / "x"), Error);
}

TEST(ChartSvg, DrawsWhatIsANumber) {
  const auto svg = chart_svg(example().charts[0], false);
  EXPECT_EQ(count(svg, "<rect"), 3u + 2u);  // bars, and the legend's squares
  EXPECT_NE(svg.find("V4, b: 3"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(ChartSvg, StackedBarsLieOnEachOther) {
  const Chart chart{
      "s", "S", Chart::Kind::stacked, "", "", {"V1"}, {{"a", {}, {1}}, {"b", {}, {3}}}};
  const auto svg = chart_svg(chart, false);
  // 222 px hold 0 to 4: one of three quarters upon one of a quarter.
  EXPECT_NE(svg.find("y=\"200.5\" width=\"515.2\" height=\"55.5\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("y=\"34.0\" width=\"515.2\" height=\"166.5\""), std::string::npos) << svg;
}

TEST(ChartSvg, NamesCannotBecomeMarkup) {
  Chart chart{
      "p", "<b>", Chart::Kind::points, "x", "y", {}, {{"<i>", {0, 1}, {0, 1}}, {"b", {0}, {1}}}};
  const auto svg = chart_svg(chart, true);
  EXPECT_EQ(svg.find("<b>"), std::string::npos);
  EXPECT_EQ(svg.find("<i>"), std::string::npos);
  EXPECT_EQ(count(svg, "<circle"), 3u);
}

}  // namespace
}  // namespace afterimage
