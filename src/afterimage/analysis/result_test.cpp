#include "afterimage/analysis/result.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/analysis/chart.h"
#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/formats/npy.h"

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
  result.tables = {{"numbers",
                    "Numbers",
                    {"region", "count", "value"},
                    {{"V1, \"upper\"", 12, 1.0 / 3}, {"V4", -1, NAN}, {"IT", 0, 1e-300}}}};
  result.charts = {{"bars",
                    "Bars",
                    Chart::Kind::bars,
                    "",
                    "r",
                    {"V1", "V4"},
                    {{"a", {}, {1, NAN}, {0.5, 0.5}, {1.5, 1}}, {"b", {}, {-2, 3}}}}};
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
  EXPECT_EQ(
      read_text(folder / "out/numbers.csv"),
      "region,count,value\n\"V1, \"\"upper\"\"\",12,0.3333333333333333\nV4,-1,\nIT,0,1e-300\n");
  const auto json = nlohmann::json::parse(read_text(folder / "out/analysis.json"));
  EXPECT_EQ(json["tables"][0]["rows"].dump(),
            "[[\"V1, \\\"upper\\\"\",12,0.3333333333333333],[\"V4\",-1,null],[\"IT\",0,1e-300]]");
  EXPECT_NE(read_text(folder / "out/bars.svg").find("xmlns"), std::string::npos);

  const auto loaded = AnalysisResult::load(folder / "out");
  EXPECT_EQ(loaded.title, saved.title);
  EXPECT_EQ(loaded.tables[0].csv(), saved.tables[0].csv());
  EXPECT_EQ(loaded.charts[0].series[0].low, saved.charts[0].series[0].low);
  EXPECT_EQ(loaded.charts[0].categories, saved.charts[0].categories);
  EXPECT_EQ(loaded.charts[0].series[1].y, saved.charts[0].series[1].y);
  EXPECT_TRUE(std::isnan(loaded.charts[0].series[0].y[1]));
  EXPECT_EQ(loaded.grids[0].columns, saved.grids[0].columns);
  EXPECT_LT((loaded.grids[0].images - saved.grids[0].images).abs().max().item<float>(),
            0.5 / 255 + 1e-6);
  EXPECT_EQ(loaded.provenance, saved.provenance);
  EXPECT_THROW(saved.save(folder / "out", false), Error);
}

TEST(AnalysisResult, TablesOfTextAreStillRead) {
  const auto saved = nlohmann::json::parse(
      R"({"name": "t", "title": "T", "columns": ["a", "b"], "rows": [["V1", "0.1234"]]})");
  EXPECT_EQ(Table::from_json(saved).csv(), "a,b\nV1,0.1234\n");
  EXPECT_EQ(shown(Cell(1.0 / 3)), "0.3333");
  EXPECT_EQ(shown(Cell(int64_t{123456})), "123456");
  EXPECT_EQ(shown(Cell(NAN)), "");
}

TEST(AnalysisResult, ArraysAreSavedInFull) {
  const TemporaryFolder folder;
  auto result = example();
  const auto values = at::arange(24).view({2, 3, 4}).to(at::kFloat) / 7;
  result.arrays = {
      {"maps", "Maps", {"array", "y", "x"}, values, {{"array", {"V1", "V4"}}}},
      {"r2", "Fits", {"array"}, at::tensor({0.1, NAN}, at::kDouble), {{"array", {"V1", "V4"}}}}};
  result.save(folder / "out", false);
  EXPECT_TRUE(at::equal(NpyFile(folder / "out/maps.npy").read(), values));
  const auto loaded = AnalysisResult::load(folder / "out");
  ASSERT_EQ(loaded.arrays.size(), 2u);
  EXPECT_EQ(loaded.arrays[0].axes, result.arrays[0].axes);
  EXPECT_EQ(loaded.arrays[0].names, result.arrays[0].names);
  EXPECT_FALSE(loaded.arrays[0].values.defined());

  const auto file = hdf5::File::open(folder / "out/arrays.h5");
  EXPECT_EQ(file.shape("maps"), (std::vector<int64_t>{2, 3, 4}));
  EXPECT_EQ(file.read<float>("maps")[23], values[1][2][3].item<float>());
  EXPECT_EQ(file.read<double>("r2")[0], 0.1);  // in full
  EXPECT_EQ(file.text_attribute("maps", "axes"), "array, y, x");
  EXPECT_EQ(file.text_attribute("r2", "title"), "Fits");
  EXPECT_EQ(file.read_strings("array"), (std::vector<std::string>{"V1", "V4"}));
  EXPECT_EQ(file.text_attribute("/", "provenance"), result.provenance.dump());
}

AnalysisResult example_with_map() {
  auto result = example();
  result.maps = {{"map",
                  "A map",
                  {0.5, -1.25, 3},
                  {1, 2, 3},
                  {0, 4, 2},
                  {{"array", {"a", "b"}, {0, 1, 0}}, {"cluster", {"cluster 0"}, {0, -1, 0}}}}};
  const auto images = at::arange(5 * 3 * 8 * 8).view({5, 3, 8, 8}).to(at::kFloat) / 960;
  result.point_images = PointImages::of({"i", "ii", "iii", "iv", "v"}, images, 2, 4);
  return result;
}

TEST(AnalysisResult, MapsComeBackWithTheImagesTheyKeep) {
  const TemporaryFolder folder;
  const auto saved = example_with_map();
  EXPECT_EQ(saved.point_images.kept, (std::vector<int64_t>{0, 3}));  // of five two, evenly spaced
  EXPECT_EQ(saved.point_images.images.sizes(), (at::IntArrayRef{2, 3, 4, 4}));
  saved.save(folder / "out", false);
  const auto loaded = AnalysisResult::load(folder / "out");
  ASSERT_EQ(loaded.maps.size(), 1u);
  EXPECT_EQ(loaded.maps[0].x, saved.maps[0].x);
  EXPECT_EQ(loaded.maps[0].image, saved.maps[0].image);
  EXPECT_EQ(loaded.maps[0].colourings[1].group, saved.maps[0].colourings[1].group);
  EXPECT_EQ(loaded.point_images.names, saved.point_images.names);
  EXPECT_EQ(loaded.point_images.kept, saved.point_images.kept);
  EXPECT_LT((loaded.point_images.images - saved.point_images.images).abs().max().item<float>(),
            0.5 / 255 + 1e-6);
  EXPECT_EQ(count(read_text(folder / "out/map-by-cluster.svg"), "<circle"), 3u);
}

TEST(AnalysisResult, MapsThatDoNotFitTogetherAreRefused) {
  const TemporaryFolder folder;
  example_with_map().save(folder / "out", false);
  const auto text = read_text(folder / "out/analysis.json");
  const auto refused = [&](const std::string& place, const nlohmann::json& value) {
    auto broken = nlohmann::json::parse(text);
    broken[nlohmann::json::json_pointer(place)] = value;
    write_text(folder / "out/analysis.json", broken.dump(), true);
    EXPECT_THROW(AnalysisResult::load(folder / "out"), Error) << place;
  };
  refused("/maps/maps/0/x", {1, 2});
  refused("/maps/maps/0/image", {0, 5, 2});
  refused("/maps/maps/0/colourings/1/group", {0, 1, 0});
  refused("/maps/images/kept", {0, 5});
  refused("/maps/images/kept", nlohmann::json::array());
  refused("/maps/images/kept", nlohmann::json(std::vector<int64_t>(200)));  // more than were saved
}

TEST(ChartSvg, SaysHowManyNamesFindNoPlace) {
  Chart chart{"p", "P", Chart::Kind::points, "", "", {}, {}};
  for (int i = 0; i < 40; ++i) chart.series.push_back({"cluster " + std::to_string(i), {0}, {0}});
  const auto svg = chart_svg(chart, false);
  EXPECT_NE(svg.find(">and 21 more<"), std::string::npos) << svg;
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
  // 210 px hold 0 to 4: one of three quarters upon one of a quarter.
  EXPECT_NE(svg.find("y=\"189.5\" width=\"323.2\" height=\"52.5\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("y=\"32.0\" width=\"323.2\" height=\"157.5\""), std::string::npos) << svg;
}

TEST(ChartSvg, IntervalsAreErrorBars) {
  const auto svg = chart_svg(example().charts[0], false);
  EXPECT_NE(svg.find("V1, a: 1 (0.5 to 1.5)"), std::string::npos) << svg;
  const auto from = svg.find("class=\"error\"");
  ASSERT_NE(from, std::string::npos);
  // One of the four bars has an interval and a value: a line with two ends.
  EXPECT_EQ(count(svg.substr(from), "M"), 3u) << svg.substr(from);
}

TEST(ChartSvg, OverTheStimulusYRunsDownOnOneScale) {
  Chart chart{"p", "P", Chart::Kind::points, "x", "y", {}, {{"V1", {0.25, 1}, {0.75, 0}}}};
  chart.over_stimulus = true;
  const auto svg = chart_svg(chart, false);
  // 340 px hold 0 to 1, from the left at 64 and from the top at 14.
  EXPECT_NE(svg.find("cx=\"149.0\" cy=\"269.0\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("cx=\"404.0\" cy=\"14.0\""), std::string::npos) << svg;
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
