#include "afterimage/importers/table.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <map>

#include "afterimage/base/content_hash.h"
#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/npy.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const fs::path fixtures = fs::path(AFTERIMAGE_TEST_DATA) / "importers/table";

/// A folder with the fixtures and a TOML file among them.
class Table : public testing::Test {
 protected:
  Table() { fs::create_directory_symlink(fixtures, folder_ / "f"); }

  Recording import(const std::string& toml) {
    write_text(folder_ / "f.toml", toml, true);
    report_ = TableImporter().import(
        {.paths = {folder_ / "f.toml"}, .out = folder_ / "r.h5", .force = true});
    return Recording(folder_ / "r.h5");
  }

  std::string refusal(const std::string& toml) {
    try {
      import(toml);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }

  static at::Tensor responses() {
    return (at::arange(7).view({7, 1, 1}) * 100 + at::arange(3).view({3, 1}) * 10 + at::arange(2))
        .to(at::kFloat);
  }
  static at::Tensor images() {  // (i, c, y, x)
    return (at::arange(5).view({5, 1, 1, 1}) * 40 + at::arange(3).view({3, 1, 1}) * 10 +
            at::arange(4).view({4, 1}) * 6 + at::arange(6))
        .to(at::kByte);
  }
  static std::vector<int64_t> all(int64_t count) {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < count; ++i) rows.push_back(i);
    return rows;
  }
  void expect_responses(const Recording& recording) {
    EXPECT_TRUE(at::equal(recording.responses(all(7)), responses()));
  }

  TemporaryFolder folder_;
  ImportReport report_;
};

const std::string bins = "bin_start_ms = [25, 75]\nbin_stop_ms = [75, 125]\n";
const std::string order = "[trials]\nstimulus = 'f/parts.npz:order'\n";

TEST_F(Table, AFewLinesAreEnough) {
  const auto recording = import(
      "responses = 'f/responses.npy'\nimages = 'f/photos'\ntest_stimuli = 1\n" + bins + order);
  expect_responses(recording);
  EXPECT_TRUE(at::equal(recording.images(all(5)), images()));
  const auto& info = recording.info();
  EXPECT_EQ(info.stimulus_name[3], "photo3.png");
  EXPECT_EQ(info.trials.stimulus, (std::vector<int64_t>{0, 1, 2, 3, 4, 0, 1}));
  EXPECT_EQ(info.trials.repeat[5], 1);
  EXPECT_EQ(info.trials_of("test", ""), (std::vector<int64_t>{4}));
  EXPECT_EQ(info.sensors.name[2], "sensor-3");
  EXPECT_FALSE(info.sensors.mapped(0));
}

TEST_F(Table, EveryFormatAndOrderOfIndices) {
  const std::string rest = "images = 'f/images.npy'\ntest_stimuli = 1\n" + bins + order;
  expect_responses(import("responses = ['f/parts.npz:first', 'f/parts.npz:second']\n" + rest));
  expect_responses(
      import("responses = 'f/turned.mat:R'\nresponses_axes = ['bin', 'sensor', 'trial']\n" + rest));
  expect_responses(import(
      "responses = 'f/data.h5:responses'\nresponses_axes = ['trial', 'bin', 'sensor']\n" + rest));
  const auto turned = import(
      "responses = 'f/responses.npy'\nimages = 'f/data.h5:images'\n"
      "images_axes = ['stimulus', 'channel', 'y', 'x']\ntest_stimuli = 1\n" +
      bins + "[trials]\nstimulus = 'f/turned.mat:stimulus'\ncount_from = 1\n");
  EXPECT_TRUE(at::equal(turned.images(all(5)), images()));
  EXPECT_EQ(turned.info().trials.stimulus, (std::vector<int64_t>{0, 1, 2, 3, 4, 0, 1}));
  const auto fractions =
      import("responses = 'f/responses.npy'\nimages = 'f/data.h5:fractions'\ntest_stimuli = 1\n" +
             bins + order);
  EXPECT_TRUE(at::equal(fractions.images(all(5)), images()));
}

TEST_F(Table, FlattenedImages) {
  const auto flat = [&](const std::vector<int64_t>& axes) {  // of (i, c, y, x)
    const at::Tensor values = images().permute(axes).reshape({5, -1}).contiguous();
    NpyWriter writer(folder_ / "flat.npy", at::kByte, values.sizes().vec());
    writer.append(values);
    writer.finish();
  };
  const auto expect = [&](const std::string& axes, const std::string& rest = "") {
    const auto recording = import(
        "responses = 'f/responses.npy'\nimages = 'flat.npy'\ntest_stimuli = 1\nimages_axes = "
        "['stimulus', '" +
        axes + "']\nimages_shape = [4, 6]\n" + rest + bins + order);
    EXPECT_TRUE(at::equal(recording.images(all(5)), images())) << axes;
  };
  flat({0, 2, 3, 1});
  expect("y*x*channel");
  flat({0, 1, 2, 3});
  expect("channel*y*x");
  flat({0, 1, 3, 2});
  expect("channel*x*y");  // as MATLAB flattens (y, x, channel)
  const std::string start =
      "responses = 'f/responses.npy'\nimages = 'flat.npy'\ntest_stimuli = 1\n";
  EXPECT_NE(refusal(start + bins + order).find("images_axes = [\"stimulus\", \"y*x\"]"),
            std::string::npos);
  const std::string axes = "images_axes = ['stimulus', 'y*x*channel']\n";
  EXPECT_NE(refusal(start + axes + bins + order).find("no square of three colours"),
            std::string::npos);
  EXPECT_NE(
      refusal(start + axes + "images_shape = [4, 7]\n" + bins + order).find("no 4 x 7 pixels"),
      std::string::npos);
  EXPECT_NE(refusal(start + axes + "images_shape = [4]\n" + bins + order).find("[HEIGHT, WIDTH]"),
            std::string::npos);
}

TEST_F(Table, FieldsOfStructures) {
  const std::string mat = (fs::path(AFTERIMAGE_TEST_DATA) / "formats/hdf5storage.mat").string();
  const std::string rest = "images = 'f/images.npy'\ntest_stimuli = 1\n" + order;
  const std::string said = refusal("responses = '" + mat + ":S'\n" + rest);
  EXPECT_NE(said.find("Name one, such as S.R"), std::string::npos) << said;
  const std::string found = refusal("responses = '" + mat + ":S.R'\n" + rest);  // (2, 3)
  EXPECT_NE(found.find("for each of the 2 trials"), std::string::npos) << found;
}

TEST_F(Table, EveryFileReadIsHashed) {
  const auto recording = import("responses = 'f/responses.npy'\nimages = 'f/photos'\n" + bins +
                                "stimuli.table = 'f/stimuli.csv'\ntrials.table = 'f/trials.csv'\n"
                                "sensors.table = 'f/sensors.csv'\nsensors.x = 'f/data.h5:x'\n");
  std::map<std::string, std::string> hashes;
  for (const auto& input : recording.info().provenance["inputs"]) {
    const fs::path path = input["path"].get<std::string>();
    hashes[path.filename().string()] = input["sha256"].get<std::string>();
  }
  for (const char* name :
       {"responses.npy", "stimuli.csv", "trials.csv", "sensors.csv", "data.h5"}) {
    EXPECT_EQ(hashes[name], sha256_of_file(fixtures / name)) << name;
  }
  EXPECT_EQ(hashes["photos"], content_hash(fixtures / "photos").sha256);
  EXPECT_EQ(hashes.size(), 6u);
}

TEST_F(Table, VolumesWithMaskAndRegions) {
  const auto recording = import(
      "responses = 'f/volumes.nii.gz'\nmask = 'f/mask.nii.gz'\nimages = 'f/images.npy'\n"
      "test_stimuli = 1\nbin_start_ms = 0\nbin_stop_ms = 2000\n" +
      order + "[sensors]\nroi = 'f/rois.nii.gz'\nroi_names = ['V1', 'V4']\n");
  EXPECT_TRUE(at::equal(recording.responses(all(7)), responses().narrow(2, 0, 1)));
  EXPECT_EQ(recording.info().sensors.roi, (std::vector<std::string>{"V4", "V1", ""}));
  EXPECT_EQ(recording.info().sensors.name[0], "voxel-1");
}

TEST_F(Table, TablesOfStimuliTrialsAndSensors) {
  const auto recording = import(
      "responses = 'f/responses.npy'\nimages = 'f/photos'\ndegrees_per_stimulus = 8\n"
      "fixation = [0.25, -0.5]\n" +
      bins +
      "stimuli.table = 'f/stimuli.csv'\ntrials.table = 'f/trials.csv'\n"
      "sensors.table = 'f/sensors.csv'\n");
  const auto& info = recording.info();
  EXPECT_EQ(info.stimulus_name[0], "image, 4");  // the order of the table
  EXPECT_TRUE(at::equal(recording.images({4}), images().narrow(0, 0, 1)));
  EXPECT_EQ(info.stimulus_source[1], "clip 1");
  EXPECT_EQ(info.stimulus_category[4], "cat");
  EXPECT_EQ(info.trials.stimulus, (std::vector<int64_t>{4, 3, 2, 1, 0, 4, 3}));
  EXPECT_EQ(info.trials.block[6], 2);
  EXPECT_EQ(info.trials_of("test", ""), (std::vector<int64_t>{4}));
  EXPECT_EQ(info.sensors.name[2], "e,3");
  EXPECT_FALSE(info.sensors.mapped(1));
  EXPECT_EQ(info.sensors.y[2], -0.25);
  EXPECT_EQ(info.sensors.measures.at("snr")[0], 3.5);
  EXPECT_EQ(info.degrees_per_stimulus, 8);
  EXPECT_EQ(info.fixation_x, 0.25);
  EXPECT_EQ(info.fixation_y, -0.5);
}

TEST_F(Table, UnitsOfPositions) {
  const std::string start =
      "responses = 'f/responses.npy'\nimages = 'f/photos'\ntest_stimuli = 1\n" + bins +
      "degrees_per_stimulus = 8\n" + order + "[sensors]\nx = 'f/data.h5:x'\ny = 'f/data.h5:y'\n";
  const auto degrees = import(start + "unit = 'degrees'\n");
  EXPECT_DOUBLE_EQ(degrees.info().sensors.x[2], 0.5 + 3.0 / 8);
  EXPECT_DOUBLE_EQ(degrees.info().sensors.y[2], 0.5 + 1.0 / 8);  // below the centre
  const auto pixels = import(start + "unit = 'pixels'\npixels_per_stimulus = 4\n");
  EXPECT_DOUBLE_EQ(pixels.info().sensors.x[2], 0.75);
  EXPECT_DOUBLE_EQ(pixels.info().sensors.y[0], 0.125);
  EXPECT_NE(refusal(start + "unit = 'pixels'\n").find("pixels_per_stimulus"), std::string::npos);
}

TEST_F(Table, GapsAreRefusedOrDroppedAndCounted) {
  const std::string rest = "images = 'f/photos'\ntest_stimuli = 1\n" + bins + order;
  EXPECT_NE(refusal("responses = 'f/gaps.npy'\n" + rest).find("trial 5, sensor 1"),
            std::string::npos);
  const auto recording = import("responses = 'f/gaps.npy'\nnan = 'drop'\n" + rest);
  EXPECT_EQ(recording.info().sensors.name, (std::vector<std::string>{"sensor-1", "sensor-3"}));
  EXPECT_TRUE(at::equal(recording.responses(all(7)),
                        responses().index_select(1, at::tensor({0, 2}, at::kLong))));
  ASSERT_EQ(report_.dropped.size(), 1u);
  EXPECT_EQ(report_.dropped[0].count, 1);
  EXPECT_EQ(recording.info().provenance["dropped"][0]["count"], 1);
}

TEST_F(Table, MistakesAreNamed) {
  const std::string responses = "responses = 'f/responses.npy'\n", photos = "images = 'f/photos'\n",
                    test = "test_stimuli = 1\n";
  const auto expect = [&](const std::string& toml, const std::string& words) {
    const std::string said = refusal(toml);
    EXPECT_NE(said.find(words), std::string::npos) << toml << "\n-> " << said;
  };
  expect("respones = 'x'\n" + photos, "f.toml:1: unknown key 'respones'. Did you mean 'responses'");
  expect(photos, "names no responses");
  expect(responses, "names no images");
  expect(responses + photos + test + order, "The responses have 2 bins");
  expect(responses + photos + test + bins, "7 trials and 5 images");
  expect(responses + photos + bins + order, "Give test_stimuli, splits");
  expect(responses + photos + test + bins + "[trials]\nstimulus = 'f/turned.mat:stimulus'\n",
         "They seem to be counted from 1");
  expect(responses + photos + test + bins + order + "count_from = 1\n",
         "They seem to be counted from 0");
  expect(responses + "images = 'f/data.h5:images'\n" + test + bins + order, "has 6 channels");
  expect(responses + "images = 'f/data.h5:image'\n" + test + bins + order, "image");
  expect(responses + "responses_axes = ['trial', 'senser', 'bin']\n" + photos, "'sensor'");
  expect(responses + "mask = 'f/mask.nii.gz'\n" + photos, "Expected (3)");
  expect("responses = 'f/none.npy'\n" + photos, "none.npy: no such file");
  expect(responses + photos + test + bins + order + "[sensors]\ntable = 'f/trials.csv'\n",
         "has 7 rows. There are 3 sensors");
}

}  // namespace
}  // namespace afterimage
