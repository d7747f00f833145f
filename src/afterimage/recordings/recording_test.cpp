#include "afterimage/recordings/recording.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "afterimage/base/error.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/recordings/example_recording.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

class RecordingTest : public example::FolderTest {
 protected:
  // The message of opening the file; "" when it opens.
  std::string refusal() {
    try {
      Recording recording(path_);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  void expect_refused(const std::vector<std::string>& parts) {
    const std::string message = refusal();
    for (const std::string& part : parts) {
      EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' not in: " << message;
    }
    EXPECT_NE(message.find(path_.string()), std::string::npos) << message;
  }

  // The least that a recording must have: 2 trials, 3 sensors, 1 bin, 2 gray stimuli.
  hdf5::File smallest() {
    hdf5::File file = hdf5::File::create(path_);
    file.set_attribute("/", "format", "afterimage-recording");
    file.set_attribute("/", "version", 1);
    file.set_attribute("/", "complete", 1);
    file.write<uint8_t>("stimuli/images", {2, 2, 2, 1}, std::vector<uint8_t>(8, 9).data());
    file.write<int64_t>("trials/stimulus", {1, 1});
    file.write_strings("trials/split", {"train", "test"});
    file.write<double>("bins/start_ms", {0});
    file.write<double>("bins/stop_ms", {100});
    file.write<float>("responses", {2, 3, 1}, std::vector<float>{0, 1, 2, 3, 4, 5}.data());
    return file;
  }

  // Opens what is there already for changes that the writer would never make.
  void change(const std::function<void(hid_t)>& action) {
    const hdf5::Id file(H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    ASSERT_GE(file, 0);
    action(file);
  }
  void remove(const std::string& dataset) {
    change([&](hid_t file) { H5Ldelete(file, dataset.c_str(), H5P_DEFAULT); });
  }
};

std::vector<std::string> same_double(const std::vector<double>& values) {
  std::vector<std::string> out;
  for (const double value : values) out.push_back(std::to_string(value));
  return out;
}

TEST_F(RecordingTest, RoundTrip) {
  const RecordingInfo info = example::info();
  const at::Tensor images = example::images(info);
  const at::Tensor responses = example::responses(info);
  {
    RecordingWriter writer(path_, info, false);
    writer.append_images(images.narrow(0, 0, 2));
    writer.append_images(images.narrow(0, 2, 3));
    writer.append_responses(responses.narrow(0, 0, 9));
    writer.append_responses(responses.narrow(0, 9, 5));
    writer.add_truth("x", at::tensor({0.5, 0.25}, at::kDouble));
    writer.add_truth("weights", at::arange(6).view({2, 3}));
    writer.finish();
  }
  const Recording recording(path_);
  const RecordingInfo& read = recording.info();
  EXPECT_EQ(read.sensors.name, info.sensors.name);
  EXPECT_EQ(read.sensors.roi, info.sensors.roi);
  EXPECT_EQ(read.sensors.array, info.sensors.array);
  EXPECT_EQ(same_double(read.sensors.x), same_double(info.sensors.x));
  EXPECT_EQ(same_double(read.sensors.y), same_double(info.sensors.y));
  EXPECT_EQ(same_double(read.sensors.size), same_double(info.sensors.size));
  EXPECT_EQ(same_double(read.sensors.reliability), same_double(info.sensors.reliability));
  EXPECT_EQ(read.trials.stimulus, info.trials.stimulus);
  EXPECT_EQ(read.trials.repeat, info.trials.repeat);
  EXPECT_EQ(read.trials.block, info.trials.block);
  EXPECT_EQ(read.trials.split, info.trials.split);
  EXPECT_EQ(read.stimulus_name, info.stimulus_name);
  EXPECT_EQ(read.stimulus_source, info.stimulus_source);
  EXPECT_EQ(read.bins.size(), 2u);
  EXPECT_EQ(read.bins[1].start_ms, 75);
  EXPECT_EQ(read.bins[1].stop_ms, 125);
  EXPECT_EQ(read.degrees_per_stimulus, 7.5);
  EXPECT_EQ(read.frames_per_second, 0);
  EXPECT_EQ(read.provenance, info.provenance);
  EXPECT_TRUE(at::equal(recording.responses({13, 0, 1, 0}),
                        responses.index_select(0, at::tensor({13, 0, 1, 0}))));
  EXPECT_TRUE(at::equal(recording.images({4, 1}), images.index_select(0, at::tensor({4, 1}))));
  EXPECT_TRUE(at::equal(recording.truth("x"), at::tensor({0.5, 0.25}, at::kDouble)));
  EXPECT_TRUE(at::equal(recording.truth("weights"), at::arange(6, at::kDouble).view({2, 3})));
  EXPECT_TRUE(recording.has_truth("x"));
  EXPECT_FALSE(recording.has_truth("y"));
  EXPECT_THROW(recording.truth("y"), Error);
  EXPECT_EQ(recording.truths(), (std::vector<std::string>{"weights", "x"}));
}

TEST_F(RecordingTest, CopyUnderOtherTables) {
  for (const int64_t channels : {1, 3}) {
    RecordingInfo info = example::info(channels);
    example::write(path_, info);
    const Recording recording(path_);
    info.sensors.x = {0.1, 0.2, 0.3};
    info.sensors.measures["field_r2"] = {0.5, NAN, -0.25};
    info.stimulus_category = {"cat", "cat", "dog", "", "dog"};
    info.stimulus_caption = {{"a cat", "one cat, \"asleep\""}, {"the cat"}, {"dog"}, {}, {"hound"}};
    copy_recording(recording, info, folder_ / "copy.h5", true);
    const Recording copy(folder_ / "copy.h5");
    EXPECT_EQ(copy.info().sensors.x, info.sensors.x);
    EXPECT_EQ(same_double(copy.info().sensors.measures.at("field_r2")),
              same_double(info.sensors.measures.at("field_r2")));
    EXPECT_EQ(copy.info().stimulus_category, info.stimulus_category);
    EXPECT_EQ(copy.info().stimulus_caption, info.stimulus_caption);
    EXPECT_EQ(copy.info().channels, channels);
    const std::vector<int64_t> all = {0, 1, 2, 3, 4};
    EXPECT_TRUE(at::equal(copy.images(all), recording.images(all)));
    EXPECT_TRUE(at::equal(copy.responses(all), recording.responses(all)));
  }
}

TEST_F(RecordingTest, GrayIsRepeated) {
  const RecordingInfo info = example::info(1);
  example::write(path_, info);
  const at::Tensor images = Recording(path_).images({0, 3});
  EXPECT_EQ(images.sizes(), (std::vector<int64_t>{2, 3, 8, 6}));
  const at::Tensor gray = example::images(info).index_select(0, at::tensor({0, 3}));
  EXPECT_TRUE(at::equal(images, gray.repeat({1, 3, 1, 1})));
}

TEST_F(RecordingTest, OptionalPartsHaveDefaults) {
  smallest();
  const Recording recording(path_);
  const RecordingInfo& info = recording.info();
  EXPECT_EQ(info.sensors.name, (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_EQ(info.sensors.roi, (std::vector<std::string>(3)));
  EXPECT_EQ(info.sensors.array, (std::vector<int64_t>(3, -1)));
  for (const auto* list :
       {&info.sensors.x, &info.sensors.y, &info.sensors.size, &info.sensors.reliability}) {
    ASSERT_EQ(list->size(), 3u);
    EXPECT_TRUE(std::isnan((*list)[2]));
  }
  EXPECT_EQ(info.stimulus_name, (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(info.stimulus_source, (std::vector<std::string>(2)));
  EXPECT_EQ(info.trials.repeat, (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(info.trials.block, (std::vector<int64_t>{0, 0}));
  EXPECT_TRUE(info.provenance.is_null());
  EXPECT_FALSE(info.sensors.mapped(0));
}

TEST_F(RecordingTest, ColumnsOfMatlabAndPlainNotesAreRead) {
  smallest().set_attribute("/", "provenance", "recorded by hand");
  remove("trials/stimulus");
  change([](hid_t file) {
    const hsize_t size[] = {2, 1};
    const hdf5::Id space(H5Screate_simple(2, size, nullptr), H5Sclose);
    const hdf5::Id set(H5Dcreate2(file, "trials/stimulus", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT,
                                  H5P_DEFAULT, H5P_DEFAULT),
                       H5Dclose);
    const double rows[] = {1, 0};
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows);
  });
  const Recording recording(path_);
  EXPECT_EQ(recording.info().trials.stimulus, (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(recording.info().provenance, "recorded by hand");
}

TEST_F(RecordingTest, RefusesForeignUnfinishedAndNewerFiles) {
  expect_refused({"no such file"});
  std::ofstream(path_) << "a text";
  expect_refused({"is not an HDF5 file"});
  hdf5::File::create(path_).write<float>("x", {1});
  expect_refused({"is an HDF5 file but no recording", "afterimage-recording"});
  smallest().set_attribute("/", "complete", 0);
  expect_refused({"is unfinished", "write it again"});
  smallest();
  change([](hid_t file) { H5Adelete(file, "complete"); });
  expect_refused({"is unfinished"});
  smallest().set_attribute("/", "version", 2);
  expect_refused({"of version 2, newer", "Use a newer Afterimage"});
  smallest().set_attribute("/", "version", "one");
  expect_refused({"'version'", "not one number"});
}

TEST_F(RecordingTest, RefusesMissingParts) {
  for (const std::string name : {"stimuli/images", "trials/stimulus", "trials/split", "responses",
                                 "bins/start_ms", "bins/stop_ms"}) {
    smallest();
    remove(name);
    expect_refused({"without /" + name, "docs/recording.md"});
  }
  smallest();
  remove("trials");
  expect_refused({"without /trials/stimulus, /trials/split"});
}

TEST_F(RecordingTest, RefusesTruncatedFiles) {
  example::write(path_, example::info());
  fs::resize_file(path_, fs::file_size(path_) / 2);
  expect_refused({"cut short"});
}

TEST_F(RecordingTest, RefusesWrongShapesAndTypes) {
  const auto with = [&](const std::string& name, const std::function<void(hid_t)>& write) {
    smallest();
    remove(name);
    change(write);
  };
  const auto dataset = [](const char* name, std::vector<hsize_t> size, hid_t type) {
    return [=](hid_t file) {
      const hdf5::Id space(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr),
                           H5Sclose);
      const hdf5::Id set(H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                         H5Dclose);
    };
  };
  with("responses", dataset("responses", {2, 3}, H5T_NATIVE_FLOAT));
  expect_refused({"'responses' has the shape (2, 3)", "It must be (trial, sensor, bin)"});
  with("responses", dataset("responses", {1, 3, 2}, H5T_NATIVE_FLOAT));
  expect_refused({"(bin, sensor, trial)", "It must be (trial, sensor, bin)"});
  with("responses", dataset("responses", {4, 3, 1}, H5T_NATIVE_FLOAT));
  expect_refused({"'trials/stimulus' has the shape (2)", "a list of 4", "trials"});
  with("stimuli/images", dataset("stimuli/images", {2, 2, 2}, H5T_NATIVE_UINT8));
  expect_refused({"'stimuli/images' has the shape (2, 2, 2)"});
  with("stimuli/images", dataset("stimuli/images", {2, 2, 2, 3}, H5T_NATIVE_FLOAT));
  expect_refused({"holds fractions", "bytes (uint8)"});
  with("stimuli/images", dataset("stimuli/images", {2, 3, 5, 5}, H5T_NATIVE_UINT8));
  expect_refused({"channels second", "(stimulus, height, width, channel)"});
  with("stimuli/images", dataset("stimuli/images", {2, 5, 5, 4}, H5T_NATIVE_UINT8));
  expect_refused({"have 4 channels"});
  with("stimuli/images", dataset("stimuli/images", {1, 5, 5, 3}, H5T_NATIVE_UINT8));
  expect_refused({"trials/stimulus[0] is 1", "There are 1 stimuli"});
  with("trials/split", dataset("trials/split", {2}, H5T_NATIVE_FLOAT));
  expect_refused({"'trials/split' holds numbers", "Strings"});
}

TEST_F(RecordingTest, BadResponsesAreNamed) {
  const RecordingInfo info = example::info();
  at::Tensor values = example::responses(info);
  values[7][1][0] = NAN;
  RecordingWriter writer(path_, info, false);
  writer.append_responses(values.narrow(0, 0, 5));
  try {
    writer.append_responses(values.narrow(0, 5, 9));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              path_.string() +
                  ": the response of trial 7, sensor 1 ('e1'), bin 0 is nan. Leave "
                  "that trial or sensor out, or fill the gap");
  }
  smallest();
  remove("responses");
  change([](hid_t file) {
    const hsize_t size[] = {2, 3, 1};
    const hdf5::Id space(H5Screate_simple(3, size, nullptr), H5Sclose);
    const hdf5::Id set(H5Dcreate2(file, "responses", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT,
                                  H5P_DEFAULT, H5P_DEFAULT),
                       H5Dclose);
    const double numbers[] = {0, 1, 2, 3, 4, -INFINITY};
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers);
  });
  const Recording recording(path_);
  EXPECT_EQ(recording.responses({0})[0][2][0].item<float>(), 2.f);
  try {
    recording.responses({0, 1});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("trial 1, sensor 2 ('2'), bin 0 is -inf"),
              std::string::npos)
        << error.what();
  }
}

TEST_F(RecordingTest, UnfinishedWritersLeaveNothing) {
  {
    RecordingWriter writer(path_, example::info(), false);
    writer.append_images(example::images(example::info()));
    EXPECT_FALSE(fs::exists(path_));
    EXPECT_FALSE(fs::is_empty(folder_));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
  example::write(path_, example::info());
  EXPECT_THROW(RecordingWriter(path_, example::info(), false), Error);
  RecordingInfo wrong = example::info();
  wrong.height = 0;
  EXPECT_THROW(RecordingWriter(path_, wrong, true), Error);
  EXPECT_EQ(refusal(), "");
}

}  // namespace
}  // namespace afterimage
