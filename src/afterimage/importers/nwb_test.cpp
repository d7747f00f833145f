#include "afterimage/importers/nwb.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/formats/array_file.h"
#include "afterimage/formats/hdf5_references.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const fs::path fixtures = fs::path(AFTERIMAGE_TEST_DATA) / "importers/nwb";

class Nwb : public testing::Test {
 protected:
  Recording import(const std::string& file,
                   const std::vector<std::pair<std::string, std::string>>& options = {}) {
    NwbImporter importer;
    Options known = importer.options();
    set_option(find_option(known, "windows", ""), "0-100|100-250", "");
    for (const auto& [name, value] : options) set_option(find_option(known, name, ""), value, "");
    importer.import({.paths = {fixtures / file}, .out = folder_ / "r.h5", .force = true});
    return Recording(folder_ / "r.h5");
  }
  at::Tensor expected(const std::string& name, at::ScalarType type) {
    return open_array("expected.npz:" + name, fixtures)->read(type);
  }
  /// What was shown, trial by trial, against what was.
  void expect_images(const Recording& recording) {
    const at::Tensor images = expected("images", at::kByte), shown = expected("shown", at::kLong);
    const at::Tensor seen = recording.images(recording.info().trials.stimulus);
    EXPECT_TRUE(at::equal(seen, images.index_select(0, shown).permute({0, 3, 1, 2})));
  }
  void expect_responses(const Recording& recording, const std::string& name) {
    const at::Tensor wanted = expected(name, at::kFloat);
    std::vector<int64_t> trials(static_cast<size_t>(wanted.size(0)));
    for (size_t t = 0; t < trials.size(); ++t) trials[t] = static_cast<int64_t>(t);
    EXPECT_TRUE(at::allclose(recording.responses(trials), wanted, 1e-6, 1e-6));
  }
  TemporaryFolder folder_;
};

TEST_F(Nwb, RatesAreMeansOverWindows) {
  const auto recording = import("rates.nwb", {{"split_column", "set"}});
  expect_responses(recording, "rates");
  expect_images(recording);
  EXPECT_EQ(recording.info().trials_of("test", "").size(), 2u);
  EXPECT_EQ(recording.info().sensors.roi, (std::vector<std::string>{"V1", "V1", "V4", "V4"}));
}

TEST_F(Nwb, SpikeTimesBecomeRates) {
  const auto recording = import("units.nwb");
  expect_responses(recording, "units");
  expect_images(recording);
}

TEST_F(Nwb, ReferencesLeadToNames) {
  const auto names =
      hdf5::referenced_names(fixtures / "rates.nwb", "stimulus/templates/photos/order_of_images");
  ASSERT_EQ(names.size(), 5u);
  EXPECT_EQ(names[0], "/stimulus/templates/photos/photo-4");
  EXPECT_THROW(hdf5::referenced_names(fixtures / "rates.nwb", "intervals/trials/id"), Error);
}

}  // namespace
}  // namespace afterimage
