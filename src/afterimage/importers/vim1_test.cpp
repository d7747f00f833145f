#include "afterimage/importers/vim1.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const fs::path fixtures = fs::path(AFTERIMAGE_TEST_DATA) / "importers/vim1";

TEST(Vim1, VoxelsImagesAndSplits) {
  const TemporaryFolder folder;
  const auto report = Vim1Importer().import({.paths = {fixtures}, .out = folder / "r.h5"});
  const Recording recording(folder / "r.h5");
  const auto& info = recording.info();
  EXPECT_EQ(info.trials_of("train", ""), (std::vector<int64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(info.trials_of("test", ""), (std::vector<int64_t>{5, 6, 7}));
  // Voxels 2 and 4 have gaps.
  EXPECT_EQ(info.sensors.roi, (std::vector<std::string>{"V1", "V2", "V4", "other"}));
  EXPECT_EQ(info.sensors.name[2], "voxel-4");
  EXPECT_EQ(report.dropped.at(0).count, 2);
  EXPECT_EQ(info.provenance["dropped"][0]["reason"], "NaN in some image");
  const at::Tensor voxel = at::tensor({0.0f, 10.0f, 30.0f, 50.0f});
  EXPECT_TRUE(at::equal(recording.responses({2})[0].squeeze(1), voxel + 2));
  EXPECT_TRUE(at::equal(recording.responses({6})[0].squeeze(1), voxel + 501));
  // Pixel -1 + (i + 5 y + x) / 20 runs from -1 to 0.1: 22 steps.
  const at::Tensor image = recording.images({3})[0][0].to(at::kDouble);
  const at::Tensor steps = at::arange(4).view({4, 1}) * 5 + at::arange(4) + 3;
  EXPECT_TRUE(at::equal(image, (steps * 255.0 / 22).round()));
}

TEST(Vim1, OtherFoldersAreRefused) {
  const TemporaryFolder folder;
  const auto import = [&](const fs::path& from) {
    Vim1Importer().import({.paths = {from}, .out = folder / "r.h5", .force = true});
  };
  EXPECT_THROW(import(folder.path()), Error);
  EXPECT_THROW(import(fixtures / "Stimuli.mat"), Error);
  fs::copy(fixtures / "EstimatedResponses.mat", folder / "EstimatedResponses.mat");
  fs::copy(fixtures / "EstimatedResponses.mat", folder / "Stimuli.mat");
  EXPECT_THROW(import(folder.path()), Error);
  EXPECT_FALSE(fs::exists(folder / "r.h5"));
}

}  // namespace
}  // namespace afterimage
