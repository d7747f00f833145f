#include "afterimage/decoders/reconstruction.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/decoders/image_names.h"
#include "afterimage/decoders/other_rows.h"
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

TEST_F(ReconstructionFile, KeepsWhatTheChecksNeed) {
  auto saved = example();
  saved.probes["zero"] = {{1}, at::randint(256, {1, 3, 5, 4}).to(at::kByte)};
  saved.batch_difference = 1e-6;
  saved.trained_against.emplace();
  saved.save(folder_ / "r.h5", false);
  const auto loaded = Reconstruction::load(folder_ / "r.h5");
  EXPECT_EQ(loaded.probes.at("zero").row, saved.probes["zero"].row);
  EXPECT_TRUE(loaded.probes.at("zero").images.equal(saved.probes["zero"].images));
  EXPECT_EQ(loaded.batch_difference, 1e-6);
  EXPECT_TRUE(loaded.trained_against && loaded.trained_against->empty());
  saved.probes["zero"].row = {2};
  saved.save(folder_ / "bad.h5", false);
  EXPECT_NE(refusal(folder_ / "bad.h5").find("names row 2"), std::string::npos);
}

TEST_F(ReconstructionFile, KeepsHowItsDecoderWasTrained) {
  auto saved = example();
  saved.save(folder_ / "old.h5", false);
  EXPECT_FALSE(Reconstruction::load(folder_ / "old.h5").trained_against);
  saved.trained_against.emplace();
  saved.save(folder_ / "none.h5", false);
  const auto none = Reconstruction::load(folder_ / "none.h5");
  EXPECT_TRUE(none.trained_against && none.trained_against->empty());
  saved.trained_against->push_back({"vgg19", "vgg19.pth", "abc"});
  saved.trained_against->push_back({.metric = "ssim"});
  saved.configuration = "def";
  saved.seed = 7;
  saved.save(folder_ / "known.h5", false);
  const auto known = Reconstruction::load(folder_ / "known.h5");
  ASSERT_TRUE(known.trained_against);
  EXPECT_EQ(trained_against_json(known.trained_against),
            trained_against_json(saved.trained_against));
  EXPECT_EQ(known.trained_against->back().metric, "ssim");
  EXPECT_EQ(known.configuration, "def");
  EXPECT_EQ(known.seed, 7);
  EXPECT_THROW(trained_against_from({1}, "known.h5"), Error);
}

TEST(TrainedAgainst, OfTwoFitsAndOfControls) {
  const TrainedAgainst none = std::vector<Judge>(), unknown;
  const TrainedAgainst one = std::vector<Judge>{{"vgg19", "a", "1"}};
  const TrainedAgainst other = std::vector<Judge>{{"alexnet", "b", "2"}};
  EXPECT_EQ(both(one, one)->size(), 1u);
  EXPECT_EQ(both(one, other)->size(), 2u);
  EXPECT_EQ(both(none, one)->size(), 1u);
  EXPECT_FALSE(both(one, unknown));
  const TrainedAgainst ssim = std::vector<Judge>{{.metric = "ssim"}};
  EXPECT_EQ(both(ssim, ssim)->size(), 1u);
  EXPECT_EQ(both(ssim, one)->size(), 2u);
  EXPECT_TRUE(control_trained_against("retrieval", one)->empty());
  for (const auto* pixels : {"ridge", "mean"}) {  // fitted by squared error of pixels
    const auto own = control_trained_against(pixels, unknown);
    ASSERT_TRUE(own && own->size() == 1) << pixels;
    EXPECT_EQ(own->front().metric, "pixel-mse");
  }
  EXPECT_EQ(control_trained_against("shuffled", one)->size(), 1u);
  EXPECT_FALSE(control_trained_against("shuffled", unknown));
}

TEST_F(ReconstructionFile, OverwritesOnlyWhenForced) {
  example().save(folder_ / "r.h5", false);
  EXPECT_THROW(example().save(folder_ / "r.h5", false), Error);
  EXPECT_NO_THROW(example().save(folder_ / "r.h5", true));
}

TEST_F(ReconstructionFile, RefusesWhatIsNone) {
  hdf5::File::create(folder_ / "other.h5").write("/stimulus", std::vector<int64_t>{1});
  EXPECT_NE(refusal(folder_ / "other.h5").find("is an HDF5 file but no reconstruction"),
            std::string::npos);
  EXPECT_NE(refusal(folder_ / "missing.h5"), "loaded");
}

TEST_F(ReconstructionFile, RefusesUnfinishedAndNewer) {
  {
    auto file = hdf5::File::create(folder_ / "part.h5");
    file.set_attribute("/", "format", "afterimage-reconstruction");
    file.set_attribute("/", "version", 1);
  }
  EXPECT_NE(refusal(folder_ / "part.h5").find("is unfinished"), std::string::npos);
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

class OfARecording : public ReconstructionFile {
 protected:
  OfARecording() {
    for (int64_t i = 0; i < 8; ++i) {
      info_.stimulus_name.push_back("photo " + std::to_string(i));
      info_.trials.stimulus.push_back(i);
      info_.trials.repeat.push_back(0);
      info_.trials.block.push_back(0);
      info_.trials.split.push_back("test");
    }
    info_.stimulus_source.assign(8, "");
    info_.height = info_.width = 4;
    info_.bins = {{0, 100}};
    info_.sensors.name = info_.sensors.roi = {"one"};
    info_.sensors.array = {-1};
    info_.sensors.x = info_.sensors.y = info_.sensors.size = info_.sensors.reliability = {0.5};
    images_ = at::arange(8 * 48).view({8, 3, 4, 4}).remainder(251).to(at::kByte);
  }

  Recording written() {
    RecordingWriter writer(folder_ / "recording.h5", info_, true);
    writer.append_images(images_);
    writer.append_responses(at::zeros({8, 1, 1}));
    writer.finish();
    return Recording(folder_ / "recording.h5");
  }

  std::string refusal_of(const Reconstruction& reconstruction) {
    try {
      check_shown_in(reconstruction, written());
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }

  RecordingInfo info_;
  at::Tensor images_;
};

TEST_F(OfARecording, AnotherRecordingIsRefused) {
  auto shown = example();
  shown.show(written(), {7, 3});
  shown.train_split = "learning";
  shown.save(folder_ / "r.h5", false);
  const auto loaded = Reconstruction::load(folder_ / "r.h5");
  EXPECT_EQ(loaded.train_split, "learning");
  EXPECT_EQ(loaded.stimulus_name, (std::vector<std::string>{"photo 7", "photo 3"}));
  EXPECT_EQ(loaded.stimulus_sha256, shown.stimulus_sha256);
  EXPECT_EQ(refusal_of(loaded), "accepted");
  images_[0].zero_();  // not shown
  EXPECT_EQ(refusal_of(loaded), "accepted");
  images_[3][0][0][0] = 255;
  EXPECT_NE(refusal_of(loaded).find("stimulus 3 ('photo 3') has other pixels"), std::string::npos);
  info_.stimulus_name[7] = "photograph";
  EXPECT_NE(refusal_of(loaded).find("stimulus 7 is 'photograph', and 'photo 7' was reconstructed"),
            std::string::npos);
}

TEST_F(OfARecording, AnOldFileIsCheckedByItsRows) {
  auto old = example();  // without names and hashes
  old.save(folder_ / "old.h5", false);
  EXPECT_EQ(refusal_of(Reconstruction::load(folder_ / "old.h5")), "accepted");
  old.stimulus = {7, 8};
  EXPECT_NE(refusal_of(old).find("has no stimulus 8 (it has 8)"), std::string::npos);
}

TEST(ImageNames, AreDifferentWhereStimuliAre) {
  EXPECT_EQ(image_names({0, 1, 2, 3}, {"a/b", "a_b", "a%2Fb", "..x"}),
            (std::vector<std::string>{"a%2Fb", "a_b", "a%252Fb", "%2E.x"}));
  EXPECT_EQ(image_names({4, 5, 4}, {"a", "a-1", "a"}),
            (std::vector<std::string>{"a-1", "a-1-1", "a-2"}));
}

// Whatever the numbers of trials, every row gets one of another stimulus.
TEST(ShuffledControl, ShowsAnotherStimulus) {
  const auto generator = [] { return at::detail::createCPUGenerator(3); };
  EXPECT_EQ(rows_of_others({0, 1, 2, 3, 4}, generator()), derangement(5, generator()));
  std::vector<int64_t> two;  // 2 stimuli, 30 trials each, in turn
  for (int64_t i = 0; i < 60; ++i) two.push_back(i % 2);
  const auto rows = rows_of_others(two, generator());
  for (size_t i = 0; i < 60; ++i) EXPECT_NE(two[static_cast<size_t>(rows[i])], two[i]);
  EXPECT_EQ(std::set<int64_t>(rows.begin(), rows.end()).size(), 60u);
  const std::vector<int64_t> uneven = {0, 0, 0, 1, 2, 0};
  const auto others = rows_of_others(uneven, generator());
  for (size_t i = 0; i < 6; ++i) EXPECT_NE(uneven[static_cast<size_t>(others[i])], uneven[i]);
  EXPECT_TRUE(rows_of_others({0, 0, 0}, generator()).empty());
}

}  // namespace
}  // namespace afterimage
