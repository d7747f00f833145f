#include "afterimage/importers/bdata.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/importers/bdata_file.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const fs::path fixtures = fs::path(AFTERIMAGE_TEST_DATA) / "importers/bdata";

class BData : public testing::Test {
 protected:
  Recording import(const std::vector<fs::path>& files,
                   const std::vector<std::pair<std::string, std::string>>& options = {}) {
    BDataImporter importer;
    Options known = importer.options();
    set_option(find_option(known, "images", ""), (fixtures / "images").string(), "");
    for (const auto& [name, value] : options) set_option(find_option(known, name, ""), value, "");
    importer.import({.paths = files, .out = folder_ / "r.h5", .force = true});
    return Recording(folder_ / "r.h5");
  }
  TemporaryFolder folder_;
};

TEST_F(BData, SelectionsAreThoseOfTheReference) {
  const BDataFile file(fixtures / "train.h5");
  const auto expected = nlohmann::json::parse(read_text(fixtures / "selections.json"));
  for (const auto& [selection, columns] : expected.items()) {
    EXPECT_EQ(file.columns(selection), columns.get<std::vector<int64_t>>()) << selection;
  }
  EXPECT_EQ(file.columns("voxel_x = -3"), (std::vector<int64_t>{2}));
  for (const char* bad : {"", "ROI_V1 =", "(ROI_V1 = 1", "ROI_V1 = 1)", "ROI_V1 = x", "| ROI_V1",
                          "ROI_V9 = 1", "ROI_V1 top 3", "ROI_V1 @ ROI_V2", "ROI_V1 = 5"}) {
    EXPECT_THROW(file.columns(bad), Error) << bad;
  }
  EXPECT_THROW(file.columns(std::string(1000, '(')), Error);
}

TEST_F(BData, TwoFilesAreTrainingAndTest) {
  const auto recording = import({fixtures / "train.h5", fixtures / "test.h5"});
  const auto& info = recording.info();
  EXPECT_EQ(info.trials.count(), 10);
  EXPECT_EQ(info.stimulus_name,
            (std::vector<std::string>{"n03_image.png", "n01_image.png", "n02_image.png",
                                      "n05_image.png", "n04_image.png"}));
  EXPECT_EQ(info.trials.stimulus, (std::vector<int64_t>{0, 1, 2, 1, 2, 0, 3, 4, 3, 4}));
  EXPECT_EQ(info.trials.repeat[5], 1);
  EXPECT_EQ(info.trials.block, (std::vector<int64_t>{0, 0, 0, 1, 1, 1, 2, 2, 2, 3}));
  EXPECT_EQ(info.trials_of("test", ""), (std::vector<int64_t>{6, 7, 8, 9}));
  EXPECT_EQ(info.sensors.roi, (std::vector<std::string>{"V1", "V2", "V1", ""}));
  const at::Tensor expected = at::arange(4) + 510;
  EXPECT_TRUE(at::equal(recording.responses({7})[0].squeeze(1).to(at::kLong), expected));
  EXPECT_EQ(recording.images({4})[0][2][1][3].item<int64_t>(), 4 * 40 + 5 + 3 + 18);
}

// 2^24 + 1 is no float32, and stimuli are numbered by dates and the like.
TEST_F(BData, LargeNumbersAreExact) {
  const fs::path path = folder_ / "large.h5";
  {
    auto file = hdf5::File::create(path);
    file.write<double>("dataset", {2, 2}, std::vector<double>{16777217, 1, 20240131021, 2}.data());
    file.write_strings("metadata/key", {"stimulus", "voxel"});
    file.write<double>("metadata/value", {2, 2}, std::vector<double>{1, 0, 0, 1}.data());
  }
  EXPECT_EQ(BDataFile(path).numbers("stimulus"), (std::vector<int64_t>{16777217, 20240131021}));
}

TEST_F(BData, OneFileSplitByAColumn) {
  const auto recording =
      import({fixtures / "both.h5"}, {{"split_key", "DataType"}, {"voxels", "ROI_V1 = 1"}});
  EXPECT_EQ(recording.info().trials_of("train", "").size(), 6u);
  EXPECT_EQ(recording.info().trials_of("test", "").size(), 4u);
  EXPECT_EQ(recording.info().sensors.name, (std::vector<std::string>{"voxel-0", "voxel-2"}));
  const auto numbered =
      import({fixtures / "both.h5"}, {{"split_key", "DataType"}, {"stimulus", "image_index"}});
  EXPECT_EQ(numbered.info().stimulus_name[0], "n03_image.png");  // number 3, in name order
}

TEST_F(BData, MistakesAreNamed) {
  EXPECT_THROW(import({fixtures / "train.h5"}, {{"stimulus", "image"}}), Error);
  EXPECT_THROW(import({fixtures / "train.h5"}, {{"stimulus", "VoxelData"}}), Error);
  EXPECT_THROW(import({fixtures / "train.h5"}, {{"images", "none"}}), Error);
  EXPECT_THROW(import({fixtures / "train.h5", fixtures / "test.h5"}, {{"splits", "train"}}), Error);
  EXPECT_THROW(import({fixtures / "../table/data.h5"}), Error);
  EXPECT_THROW(import({fixtures / "selections.json"}), Error);
}

}  // namespace
}  // namespace afterimage
