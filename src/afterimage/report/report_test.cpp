#include "afterimage/report/report.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <nlohmann/json.hpp>

#include "afterimage/base/output.h"
#include "afterimage/report/field_map.h"
#include "afterimage/report/page_data.h"
#include "afterimage/report/point_maps.h"
#include "afterimage/report/sample_report.h"

namespace afterimage {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

size_t occurrences(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class ReportTest : public testing::Test {
 protected:
  void SetUp() override { ::setenv("AFTERIMAGE_DATA", AFTERIMAGE_ASSETS, 1); }

  std::string refusal() const {
    try {
      report_html(sample_.input);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "accepted";
  }

  sample::Sample sample_;
};

nlohmann::json data_of(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const size_t from = page.find(open) + open.size();
  return nlohmann::json::parse(page.substr(from, page.find("</script>", from) - from));
}

// tests/cli/test_report_page.py opens this page in a browser: TMPDIR says where it goes.
TEST_F(ReportTest, WholePage) {
  const std::string page = report_html(sample_.input);
  write_text(std::filesystem::temp_directory_path() / "afterimage_sample_report.html", page, true);
  EXPECT_FALSE(contains(page, "{{"));
  const auto data = data_of(page);
  EXPECT_EQ(data["images"]["rows"].size(), 12u);
  EXPECT_EQ(data["images"]["columns"].size(), 6u);  // seen, near, far, mean, 2 x shuffled
  EXPECT_EQ(data["images"]["columns"][3]["set"], 2);
  EXPECT_EQ(data["scores"]["sets"].size(), 5u);
  EXPECT_EQ(data["scores"]["comparisons"][0]["q"], 0.001);
  const auto& own = data["scores"]["sets"][0]["scores"];
  EXPECT_EQ(own[0]["ceiling"]["noise_free"], 0.9);
  EXPECT_EQ(own[0]["ceiling"]["images"], 10);
  EXPECT_TRUE(own[0]["ceiling"]["true_images"].is_null());
  EXPECT_TRUE(own[1]["ceiling"].is_null());
  EXPECT_EQ(own[2]["areas"][0]["ceiling"]["true_images"], 0.5);
  EXPECT_EQ(own[2]["areas"][1]["ceiling"]["images"], 12);
  EXPECT_EQ(data["logs"].size(), 2u);
  EXPECT_EQ(data["header"]["lead"],
            "All 12 images of the ‘test’ split, reconstructed by near and far from 90 sensors. "
            "None is selected or left out.");
}

TEST_F(ReportTest, SingleTrialsAreToldApart) {
  for (auto& reconstruction : sample_.input.reconstructions) reconstruction.stimulus[11] = 0;
  sample_.input.scores.reset();
  const auto data = data_of(report_html(sample_.input));
  EXPECT_EQ(data["images"]["rows"][0]["name"], "image 12, trial 1");
  EXPECT_EQ(data["images"]["rows"][11]["name"], "image 12, trial 2");
  EXPECT_TRUE(contains(data["header"]["lead"], "All 12 trials of 11 images"));
}

TEST_F(ReportTest, SaysWhatLookedAtTestData) {
  EXPECT_FALSE(contains(report_html(sample_.input), "Looked at test data"));
  sample_.input.provenance.push_back({{"transductive", {"z-scored with test trials"}}});
  const auto data = data_of(report_html(sample_.input));
  EXPECT_EQ(data["header"]["facts"].back(),
            nlohmann::json({"Looked at test data", "z-scored with test trials"}));
}

TEST_F(ReportTest, NamesNeverBecomeMarkup) {
  const std::string page = report_html(sample_.input);
  EXPECT_FALSE(contains(page, "<img src=x"));
  EXPECT_FALSE(contains(page, "<b>colours"));
  EXPECT_TRUE(contains(page, "<title>Stripes &amp; &lt;b&gt;colours&lt;/b&gt;</title>"));
  EXPECT_TRUE(contains(page, "<b>V4 &amp; &lt;more&gt;</b>"));
  EXPECT_EQ(data_of(page)["images"]["rows"][3]["name"], sample::hostile);
}

TEST_F(ReportTest, AsksNothingOfTheNetwork) {
  const std::string page = report_html(sample_.input);
  EXPECT_TRUE(contains(page, "default-src 'none'; img-src data:;"));
  for (const char* fetching : {"src=\"http", "href=\"http", "url(http", "@import", "fetch("}) {
    EXPECT_FALSE(contains(page, fetching)) << fetching;
  }
  // Every script may run because the policy names its hash, and only those.
  EXPECT_EQ(occurrences(page, "'sha256-"), occurrences(page, "<script>"));
}

TEST_F(ReportTest, EachPartMayBeAbsent) {
  const auto data = data_of(report_html({}));
  EXPECT_TRUE(data["images"].is_null());
  EXPECT_TRUE(data["scores"].is_null());
  EXPECT_TRUE(data["logs"].empty());
  sample_.input.scores.reset();
  sample_.input.recording = nullptr;
  const std::string page = report_html(sample_.input);
  EXPECT_EQ(data_of(page)["images"]["columns"][0]["name"], "near");
  EXPECT_EQ(data_of(page)["images"]["rows"][1]["name"], "stimulus 1");
  EXPECT_FALSE(contains(page, "field-maps\">"));
}

TEST_F(ReportTest, ListsRecordsAndPlainNotes) {
  const nlohmann::json record{{"command", "afterimage train ridge"}};
  sample_.input.provenance = {nullptr, "by hand", nlohmann::json::object(), record};
  const nlohmann::json note{{"note", "by hand"}};
  EXPECT_EQ(data_of(report_html(sample_.input))["provenance"],
            nlohmann::json::array({note, record}));
}

TEST_F(ReportTest, LargeImagesAreShownReduced) {
  sample_.input.image_limit = 16;
  const auto images = image_data(sample_.input);
  EXPECT_EQ(images["reduced_from"], sample::side);
  EXPECT_EQ(images["sprites"]["width"], 16);
  sample_.input.image_limit = 128;
  EXPECT_TRUE(image_data(sample_.input)["reduced_from"].is_null());
}

TEST_F(ReportTest, MapsCarryTheImagesOfTheirPoints) {
  const std::string page = report_html(sample_.input);
  EXPECT_TRUE(contains(page, "data-analysis=\"0\" data-map=\"0\""));
  EXPECT_FALSE(contains(page, "<spatial>"));
  const auto data = data_of(page)["maps"][0];
  EXPECT_EQ(data["names"][3], sample::hostile);
  EXPECT_EQ(data["cells"], nlohmann::json({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -1}));
  const auto map = data["maps"][0];
  EXPECT_EQ(map["left_out"], 0);
  EXPECT_EQ(map["image"][35], 11);
  EXPECT_EQ(map["colourings"][1]["group"][4], -1);
  const auto& given = sample_.input.analyses[0].maps[0];
  const auto highest = std::max_element(given.y.begin(), given.y.end()) - given.y.begin();
  EXPECT_EQ(map["y"][highest], 0);  // y goes down on the page
  const auto most = [](const nlohmann::json& list) {
    return std::max_element(list.begin(), list.end())->get<int>();
  };
  EXPECT_EQ(std::max(most(map["x"]), most(map["y"])), 9999);
}

TEST_F(ReportTest, OfTooManyPointsThoseWithImagesStay) {
  auto& map = sample_.input.analyses[0].maps[0];
  const auto given = map;
  auto& images = sample_.input.analyses[0].point_images;
  images.kept = {0};
  images.images = images.images.narrow(0, 0, 1);
  for (size_t times = 1; times < 2000; ++times) {  // 72,000 points
    map.x.insert(map.x.end(), given.x.begin(), given.x.end());
    map.y.insert(map.y.end(), given.y.begin(), given.y.end());
    map.image.insert(map.image.end(), given.image.begin(), given.image.end());
    for (size_t c = 0; c < map.colourings.size(); ++c) {
      auto& group = map.colourings[c].group;
      const auto& more = given.colourings[c].group;
      group.insert(group.end(), more.begin(), more.end());
    }
  }
  const auto drawn = point_map_data(sample_.input.analyses)[0]["maps"][0];
  EXPECT_EQ(std::count(drawn["image"].begin(), drawn["image"].end(), 0), 6000);
  EXPECT_EQ(drawn["image"].size(), 36000u);  // every second image
  EXPECT_EQ(drawn["left_out"], 36000);
  EXPECT_EQ(drawn["colourings"][0]["group"].size(), drawn["x"].size());
}

TEST_F(ReportTest, LongLogsAreThinned) {
  const auto log = log_data(sample_.input.logs)[0];  // 4000 lines
  EXPECT_EQ(log["averaged"], 3);
  EXPECT_EQ(log["step"].size(), 1334u);
  EXPECT_EQ(log["step"].back(), 40000);
  const auto& lines = sample_.input.logs[0].lines;
  const double mean = (lines[0]["pixel"].get<double>() + lines[1]["pixel"].get<double>() +
                       lines[2]["pixel"].get<double>()) /
                      3;
  EXPECT_NEAR(log["series"]["pixel"][0].get<double>(), mean, 1e-6);  // six digits are kept
}

TEST_F(ReportTest, NumbersThatAreNoneBecomeGaps) {
  TrainingLog log{"odd",
                  {{{"step", 1}, {"pixel", nullptr}},
                   {{"step", 2}, {"pixel", 0.5}},
                   {{"step", 3}, {"pixel", std::nan("")}},
                   {{"step", 4}, {"note", "text"}}}};
  const auto series = log_data({log})[0]["series"];
  EXPECT_EQ(series, nlohmann::json({{"pixel", {nullptr, 0.5, nullptr, nullptr}}}));
}

TEST_F(ReportTest, RefusesScoresOfOtherImages) {
  std::swap(sample_.input.scores->stimulus[0], sample_.input.scores->stimulus[1]);
  EXPECT_TRUE(contains(refusal(), "the scores are of other images than the reconstructions"));
}

TEST_F(ReportTest, RefusesStimuliTheRecordingDoesNotHave) {
  for (auto& reconstruction : sample_.input.reconstructions) reconstruction.stimulus[2] = 12;
  sample_.input.scores.reset();
  EXPECT_TRUE(contains(refusal(), "sample.h5: has no stimulus 12 (it has 12)"));
}

TEST(FieldFigures, MapAndCountEverySensor) {
  auto info = sample::recording_info();
  const std::string figures = field_figures(info);
  EXPECT_EQ(occurrences(figures, "<title>sensor "), 81u);  // 90 less 9 unmapped
  EXPECT_TRUE(contains(figures, "<b>V1</b> 45 mapped, 5 unmapped"));
  EXPECT_TRUE(contains(figures, "Distance from the middle of the stimulus (degrees)"));
  info.degrees_per_stimulus = 0;
  info.fixation_x = info.fixation_y = 0.5;
  EXPECT_TRUE(contains(field_figures(info), "Distance from fixation (stimulus widths)"));
  EXPECT_TRUE(contains(figures, "d=\"M100.0 0V200M0 100.0H200\""));
  info.fixation_x = 0.3;
  EXPECT_TRUE(contains(field_figures(info), "d=\"M60.0 0V200M0 100.0H200\""));
  // Sensor 0: x = 0.5, y = 0.9, size 0.02, at 200 units per stimulus width.
  EXPECT_TRUE(contains(figures, "<circle cx=\"100.0\" cy=\"180.0\" r=\"4.0\">"));
}

TEST(FieldFigures, SayWhatLiesBeyondTheView) {
  auto info = sample::recording_info();
  info.sensors.x[0] = 40;
  const std::string figures = field_figures(info);
  EXPECT_TRUE(contains(figures, "45 mapped, 5 unmapped, 1 beyond the view"));
}

TEST(FieldFigures, NothingMappedIsNoFigure) {
  auto info = sample::recording_info();
  for (auto& x : info.sensors.x) x = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(field_figures(info), "");
  EXPECT_EQ(field_figures({}), "");
}

}  // namespace
}  // namespace afterimage
