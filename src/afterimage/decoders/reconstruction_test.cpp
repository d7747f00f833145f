#include "afterimage/decoders/reconstruction.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "afterimage/base/error.h"
#include "afterimage/formats/hdf5.h"

namespace afterimage {
namespace {

class ReconstructionFile : public ::testing::Test {
 protected:
  ReconstructionFile() {
    folder_ = std::filesystem::temp_directory_path() /
              ("reconstruction_test_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~ReconstructionFile() override { std::filesystem::remove_all(folder_); }

  static Reconstruction example() {
    Reconstruction r;
    r.name = "brain2pix (V1)";
    r.decoder = "image-to-image";
    r.split = "test";
    r.stimulus = {7, 3};
    r.trials_averaged = {1, 30};
    r.images = at::rand({2, 3, 5, 4});
    r.controls["ridge"] = at::rand({2, 3, 5, 4});
    r.controls["mean"] = at::rand({2, 3, 5, 4});
    r.provenance = {{"seed", 1}, {"command", "afterimage reconstruct"}};
    return r;
  }

  std::string refusal(const std::filesystem::path& path) {
    try {
      Reconstruction::load(path);
    } catch (const Error& error) {
      return error.what();
    }
    return "loaded";
  }

  std::filesystem::path folder_;
};

TEST_F(ReconstructionFile, ComesBackAsItWas) {
  const auto saved = example();
  saved.save(folder_ / "r.h5", false);
  const auto loaded = Reconstruction::load(folder_ / "r.h5");
  EXPECT_EQ(loaded.name, saved.name);
  EXPECT_EQ(loaded.decoder, saved.decoder);
  EXPECT_EQ(loaded.split, saved.split);
  EXPECT_EQ(loaded.stimulus, saved.stimulus);
  EXPECT_EQ(loaded.trials_averaged, saved.trials_averaged);
  EXPECT_TRUE(loaded.images.equal(saved.images));
  ASSERT_EQ(loaded.controls.size(), 2u);
  EXPECT_TRUE(loaded.controls.at("ridge").equal(saved.controls.at("ridge")));
  EXPECT_EQ(loaded.provenance, saved.provenance);
  // Other readers find (n, y, x, channel).
  EXPECT_EQ(hdf5::File::open(folder_ / "r.h5").shape("/images"),
            (std::vector<int64_t>{2, 5, 4, 3}));
}

TEST_F(ReconstructionFile, OverwritesOnlyWhenForced) {
  example().save(folder_ / "r.h5", false);
  EXPECT_THROW(example().save(folder_ / "r.h5", false), Error);
  EXPECT_NO_THROW(example().save(folder_ / "r.h5", true));
}

TEST_F(ReconstructionFile, RefusesWhatIsNone) {
  hdf5::File::create(folder_ / "other.h5").write("/stimulus", std::vector<int64_t>{1});
  EXPECT_NE(refusal(folder_ / "other.h5").find("is not a reconstruction"), std::string::npos);
  EXPECT_NE(refusal(folder_ / "missing.h5"), "loaded");
}

TEST_F(ReconstructionFile, RefusesUnfinishedAndNewer) {
  {
    auto file = hdf5::File::create(folder_ / "part.h5");
    file.set_attribute("/", "format", "afterimage-reconstruction");
    file.set_attribute("/", "version", 1);
  }
  EXPECT_NE(refusal(folder_ / "part.h5").find("was not finished"), std::string::npos);
  {
    auto file = hdf5::File::create(folder_ / "newer.h5");
    file.set_attribute("/", "format", "afterimage-reconstruction");
    file.set_attribute("/", "version", 9);
  }
  EXPECT_NE(refusal(folder_ / "newer.h5").find("version 9"), std::string::npos);
}

TEST_F(ReconstructionFile, RefusesValuesThatAreNoColours) {
  auto bad = example();
  bad.images[1][2][0][0] = std::numeric_limits<float>::quiet_NaN();
  bad.save(folder_ / "nan.h5", false);
  EXPECT_NE(refusal(folder_ / "nan.h5").find("/images"), std::string::npos);
  bad = example();
  bad.controls["mean"][0][0][0][0] = 1.5;
  bad.save(folder_ / "bright.h5", false);
  EXPECT_NE(refusal(folder_ / "bright.h5").find("/controls/mean"), std::string::npos);
}

}  // namespace
}  // namespace afterimage
