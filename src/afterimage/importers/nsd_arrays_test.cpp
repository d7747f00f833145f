#include "afterimage/importers/nsd_arrays.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const fs::path fixtures = fs::path(AFTERIMAGE_TEST_DATA) / "importers/nsd_arrays";

class NsdArrays : public testing::Test {
 protected:
  Recording import(const fs::path& from,
                   const std::vector<std::pair<std::string, std::string>>& options = {}) {
    NsdArraysImporter importer;
    Options known = importer.options();
    for (const auto& [name, value] : options) set_option(find_option(known, name, ""), value, "");
    importer.import({.paths = {from}, .out = folder_ / "r.h5", .force = true});
    return Recording(folder_ / "r.h5");
  }
  TemporaryFolder folder_;
};

TEST_F(NsdArrays, AveragedArrays) {
  const auto recording = import(fixtures / "averaged", {{"subject", "3"}});
  EXPECT_EQ(recording.info().trials_of("train", "").size(), 5u);
  EXPECT_EQ(recording.info().trials_of("test", "").size(), 3u);
  EXPECT_TRUE(
      at::equal(recording.responses({6})[0].squeeze(1), (at::arange(7) + 510).to(at::kFloat)));
  EXPECT_EQ(recording.images({6})[0][1][3][5].item<int64_t>(), 50 + 20 + 18 + 5 + 8);
  EXPECT_THROW(import(fixtures / "averaged", {{"subject", "1"}}), Error);
}

TEST_F(NsdArrays, AlgonautsHemispheres) {
  const auto recording = import(fixtures / "algonauts/subj03", {{"test_stimuli", "2"}});
  const auto& info = recording.info();
  EXPECT_EQ(info.sensors.name, (std::vector<std::string>{"lh-1", "lh-2", "rh-1", "rh-2", "rh-3"}));
  EXPECT_EQ(info.sensors.roi, (std::vector<std::string>{"V1v", "", "", "hV4", "V2d"}));
  EXPECT_TRUE(at::equal(recording.responses({4})[0].squeeze(1),
                        at::tensor({40.0f, 41.0f, 140.0f, 141.0f, 142.0f})));
  EXPECT_EQ(info.trials_of("test", ""), (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(info.stimulus_source[0], "nsd-00100");
  EXPECT_EQ(recording.images({4})[0][2][0][1].item<int64_t>(), 80 + 1 + 16);
}

TEST_F(NsdArrays, WhatDoesNotFitIsRefused) {
  const fs::path copy = folder_ / "copy";
  fs::copy(fixtures / "algonauts/subj03", copy, fs::copy_options::recursive);
  fs::remove(copy / "training_split/training_images/train-0002_nsd-00099.png");
  EXPECT_THROW(import(copy), Error);
  EXPECT_THROW(import(fixtures / "algonauts/subj03", {{"test_stimuli", "5"}}), Error);
  EXPECT_THROW(import(folder_.path()), Error);
}

}  // namespace
}  // namespace afterimage
