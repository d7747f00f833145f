#include "afterimage/recordings/samples.h"

#include <gtest/gtest.h>

#include <numeric>

#include "afterimage/base/error.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/array_source.h"
#include "afterimage/recordings/example_recording.h"

namespace afterimage {
namespace {

class SamplesTest : public example::FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    info_ = example::info();
    values_ = example::responses(info_);
    example::write(path_, info_, values_);
  }

  // Standardises `rows` of the responses by the statistics of `training` rows, in float64.
  at::Tensor expected(const std::vector<int64_t>& training, const std::vector<int64_t>& rows) {
    const at::Tensor all = values_.to(at::kDouble);
    const at::Tensor train = all.index_select(0, at::tensor(training));
    const at::Tensor out = (all.index_select(0, at::tensor(rows)) - train.mean(0)) /
                           train.std(c10::IntArrayRef{0}, /*unbiased=*/false);
    out.select(1, 2).select(1, 1).zero_();  // never varies
    return out;
  }

  static Normalisation fit(const Recording& recording, bool per_block = false) {
    return Normalisation::fit(recording, recording.info().trials_of("train", "test"), per_block);
  }

  RecordingInfo info_;
  at::Tensor values_;
};

std::vector<int64_t> range(int64_t first, int64_t last) {
  std::vector<int64_t> out(static_cast<size_t>(last - first));
  std::iota(out.begin(), out.end(), first);
  return out;
}

// float32 values of size about 1 from statistics kept in float32
void expect_near(const at::Tensor& found, const at::Tensor& right, double tolerance = 1e-5) {
  ASSERT_EQ(found.sizes(), right.sizes());
  EXPECT_LT((found.to(at::kDouble) - right).abs().max().item<double>(), tolerance);
}

TEST_F(SamplesTest, StandardisesByTheTrainingTrials) {
  const Recording recording(path_);
  const Normalisation normalisation = fit(recording);
  const at::Tensor found =
      normalisation.apply(recording.responses(range(0, 14)), info_.trials.block);
  expect_near(found, expected(range(0, 12), range(0, 14)));
  expect_near(found.narrow(0, 0, 12).mean(0), at::zeros({3, 2}, at::kDouble), 1e-6);
  EXPECT_EQ(found.select(1, 2).select(1, 1).abs().max().item<float>(), 0.f);
}

TEST_F(SamplesTest, TestTrialsDoNotTouchTheStatistics) {
  const Recording recording(path_);
  const TensorMap before = fit(recording).to_tensors();
  at::Tensor changed = values_.clone();
  changed.narrow(0, 12, 2).mul_(1000);
  example::write(folder_ / "changed.h5", info_, changed);
  const Recording other(folder_ / "changed.h5");
  const TensorMap after = fit(other).to_tensors();
  for (const auto& [name, values] : before) EXPECT_TRUE(at::equal(values, after.at(name))) << name;
  changed[3].add_(1);
  example::write(folder_ / "changed.h5", info_, changed);
  const Recording third(folder_ / "changed.h5");
  EXPECT_FALSE(at::equal(before.at("mean"), fit(third).to_tensors().at("mean")));
}

TEST_F(SamplesTest, PerBlock) {
  info_.trials.block[13] = 7;  // a block without training trials
  example::write(path_, info_, values_);
  const Recording recording(path_);
  const at::Tensor found =
      fit(recording, true).apply(recording.responses(range(0, 14)), info_.trials.block);
  expect_near(found.narrow(0, 0, 4), expected(range(0, 4), range(0, 4)));
  expect_near(found.narrow(0, 4, 4), expected(range(4, 8), range(4, 8)));
  expect_near(found.narrow(0, 8, 4), expected(range(8, 12), range(8, 12)));
  expect_near(found.narrow(0, 12, 1), expected(range(0, 4), {12}));
  expect_near(found.narrow(0, 13, 1), expected(range(0, 12), {13}));
}

// float32 sums over large offsets would lose the spread: the moments are float64 and merged.
TEST_F(SamplesTest, LargeOffsetsAndManyBatches) {
  RecordingInfo info = example::info();
  info.bins.assign(300, {0, 1});
  info.sensors = {};
  for (int i = 0; i < 300; ++i) {
    info.sensors.name.push_back(std::to_string(i));
    info.sensors.roi.emplace_back();
    info.sensors.array.push_back(-1);
    for (auto* list : {&info.sensors.x, &info.sensors.y, &info.sensors.size}) list->push_back(NAN);
    info.sensors.reliability.push_back(NAN);
  }
  info.trials = {};
  for (int64_t i = 0; i < 100; ++i) {  // 100 * 90000 * 8 bytes are two batches
    info.trials.stimulus.push_back(i % 5);
    info.trials.repeat.push_back(i / 5);
    info.trials.block.push_back(0);
    info.trials.split.emplace_back("train");
  }
  at::manual_seed(3);
  const at::Tensor values = at::randn({100, 300, 300}) + 1000;
  example::write(path_, info, values);
  const Recording recording(path_);
  const TensorMap found = fit(recording).to_tensors();
  const at::Tensor exact = values.to(at::kDouble);
  expect_near(found.at("mean")[0], exact.mean(0), 1000 * 1e-7);
  expect_near(found.at("scale")[0], exact.std(c10::IntArrayRef{0}, false).reciprocal(), 1e-6);
}

TEST_F(SamplesTest, SilentSensorsAreKnown) {
  values_.select(1, 1).fill_(3);  // sensor 1 never varies; sensor 2 does in one of its bins
  example::write(path_, info_, values_);
  const Recording recording(path_);
  for (const bool per_block : {false, true}) {
    Normalisation normalisation = fit(recording, per_block);
    EXPECT_TRUE(at::equal(normalisation.silent(), at::tensor({0, 1, 0}).to(at::kBool)));
    normalisation.silence(at::tensor({1, 0, 0}).to(at::kBool));
    EXPECT_TRUE(at::equal(normalisation.silent(), at::tensor({1, 1, 0}).to(at::kBool)));
  }
}

TEST_F(SamplesTest, NormalisationSavesAndLoads) {
  const Recording recording(path_);
  const Normalisation normalisation = fit(recording, true);
  const TensorMap tensors = normalisation.to_tensors();
  const Normalisation loaded = Normalisation::from_tensors(tensors, "model");
  EXPECT_TRUE(at::equal(loaded.apply(values_, info_.trials.block),
                        normalisation.apply(values_, info_.trials.block)));
  TensorMap wrong = tensors;
  wrong.erase("scale");
  EXPECT_THROW(Normalisation::from_tensors(wrong, "model"), Error);
  wrong = tensors;
  wrong["scale"] = wrong["scale"].narrow(0, 0, 1);
  EXPECT_THROW(Normalisation::from_tensors(wrong, "model"), Error);
  wrong = tensors;
  wrong["blocks"] = wrong["blocks"].flip(0);
  EXPECT_THROW(Normalisation::from_tensors(wrong, "model"), Error);
}

TEST_F(SamplesTest, KeepsOrAveragesRepeats) {
  const Recording recording(path_);
  const Normalisation normalisation = fit(recording);
  const at::Tensor standard = normalisation.apply(values_, info_.trials.block);

  const Samples kept(recording, normalisation, {.split = "train", .image_size = 8});
  EXPECT_EQ(kept.count(), 12);
  EXPECT_EQ(kept.stimulus(), std::vector<int64_t>(info_.trials.stimulus.begin(),
                                                  info_.trials.stimulus.begin() + 12));
  EXPECT_EQ(kept.trials_averaged(), std::vector<int64_t>(12, 1));
  EXPECT_TRUE(at::equal(kept.responses(range(0, 12)), standard.narrow(0, 0, 12)));

  const Samples averaged(recording, normalisation,
                         {.split = "train", .average_repeats = true, .image_size = 8});
  EXPECT_EQ(averaged.count(), 4);
  EXPECT_EQ(averaged.stimulus(), range(0, 4));
  EXPECT_EQ(averaged.trials_averaged(), std::vector<int64_t>(4, 3));
  const at::Tensor mean = standard.narrow(0, 0, 12).view({3, 4, 3, 2}).mean(0);
  expect_near(averaged.responses({0, 1, 2, 3}), mean.to(at::kDouble), 1e-6);

  const Samples test(recording, normalisation, {.split = "test", .average_repeats = true});
  EXPECT_EQ(test.stimulus(), std::vector<int64_t>{4});
  EXPECT_EQ(test.trials_averaged(), std::vector<int64_t>{2});
  EXPECT_THROW(Samples(recording, normalisation, {.split = "validation"}), Error);
}

TEST_F(SamplesTest, ImagesAtTheDecodersSize) {
  const Recording recording(path_);
  const Normalisation normalisation = fit(recording);
  const Samples samples(recording, normalisation, {.image_size = 4});
  const at::Tensor found = samples.images({1, 5, 2});
  EXPECT_EQ(found.scalar_type(), at::kFloat);
  EXPECT_EQ(found.sizes(), (std::vector<int64_t>{3, 3, 4, 4}));
  const at::Tensor right = resize_image(recording.images({1, 1, 2}), 4, 4).to(at::kFloat) / 255;
  EXPECT_TRUE(at::equal(found, right));
  EXPECT_LE(found.max().item<float>(), 1.f);
}

TEST_F(SamplesTest, ReadByBatchGivesExactlyTheSame) {
  const Recording recording(path_);
  for (const bool per_block : {false, true}) {
    const Normalisation normalisation = fit(recording, per_block);
    for (const bool average : {false, true}) {
      Samples::Options options{.split = "train", .average_repeats = average, .image_size = 5};
      const Samples memory(recording, normalisation, options);
      options.memory_limit = 0;
      const Samples disk(recording, normalisation, options);
      ASSERT_TRUE(memory.keeps_responses() && memory.keeps_images());
      ASSERT_FALSE(disk.keeps_responses() || disk.keeps_images());
      EXPECT_EQ(memory.stimulus(), disk.stimulus());
      const std::vector<int64_t> rows = {3, 0, 1, 2, 2};
      EXPECT_TRUE(at::equal(memory.responses(rows), disk.responses(rows)));
      EXPECT_TRUE(at::equal(memory.images(rows), disk.images(rows)));
    }
  }
}

TEST_F(SamplesTest, HoldTheChosenBinsAlone) {
  const Recording recording(path_);
  const auto trials = recording.info().trials_of("train", "");
  const auto all = Normalisation::fit(recording, trials, true);
  const auto second = Normalisation::fit(recording, trials, true, {1});
  const Samples both(recording, all, {.average_repeats = true, .image_size = 4});
  for (const int64_t memory : {int64_t{1} << 20, int64_t{0}}) {
    const Samples one(
        recording, second,
        {.average_repeats = true, .bins = {1}, .image_size = 4, .memory_limit = memory});
    EXPECT_EQ(one.bins(), 1);
    EXPECT_EQ(one.keeps_responses(), memory > 0);
    EXPECT_TRUE(
        at::equal(recording.responses(trials, {1}), recording.responses(trials).narrow(2, 1, 1)));
    EXPECT_TRUE(one.responses({0, 3}).allclose(both.responses({0, 3}).narrow(2, 1, 1)));
  }
}

// Nobody who asks for responses waits for images: these are read when they are asked for, and by
// then they are gone (the HDF5 library gives zeros past the end of a file).
TEST_F(SamplesTest, ResponsesAreReadWithoutImages) {
  info_.height = info_.width = 64;
  {
    RecordingWriter writer(path_, info_, true);
    writer.append_responses(values_);
    writer.append_images(example::images(info_));  // last in the file
    writer.finish();
  }
  const Recording recording(path_);
  const Normalisation normalisation = fit(recording);
  const Samples samples(recording, normalisation, {});
  ASSERT_TRUE(samples.keeps_images());
  const at::Tensor before = recording.images({3}).to(at::kFloat) / 255;
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 60000);
  EXPECT_EQ(samples.responses({3, 4}).size(0), 2);
  EXPECT_FALSE(samples.images({3}).equal(before));
}

TEST_F(SamplesTest, FingerprintsFollowTheContent) {
  const auto print = [&](const std::filesystem::path& path, Samples::Options options = {}) {
    const Recording recording(path);
    const Normalisation normalisation = fit(recording);
    return Samples(recording, normalisation, options).fingerprint();
  };
  const std::string first = print(path_);
  EXPECT_EQ(first, print(path_));
  std::filesystem::copy(path_, folder_ / "copy.h5");
  EXPECT_EQ(first, print(folder_ / "copy.h5"));  // by content, not by path
  EXPECT_NE(first, print(path_, {.average_repeats = true}));
  EXPECT_NE(first, print(path_, {.bins = {1}}));
  EXPECT_NE(first, print(path_, {.image_size = 32}));
  at::Tensor changed = values_.clone();
  changed[3].add_(1);
  example::write(path_, info_, changed);
  EXPECT_NE(first, print(path_));
}

TEST(ArraySource, GivesItsRows) {
  const at::Tensor responses = at::arange(12, at::kFloat).view({3, 2, 2});
  const at::Tensor images = at::arange(3 * 3 * 16).view({3, 3, 4, 4}).to(at::kByte);
  const ArraySource source(responses, images, {7, 7, 8});
  EXPECT_EQ(source.count(), 3);
  EXPECT_EQ(source.sensors(), 2);
  EXPECT_EQ(source.image_size(), 4);
  EXPECT_EQ(source.photographs(), (std::vector<std::string>{"7", "7", "8"}));
  EXPECT_TRUE(at::equal(source.responses({2, 0}), responses.index_select(0, at::tensor({2, 0}))));
  EXPECT_TRUE(at::equal(source.images({1}), images.narrow(0, 1, 1).to(at::kFloat) / 255));
  EXPECT_NE(source.fingerprint(), ArraySource(responses, images).fingerprint());
  EXPECT_THROW(ArraySource(responses, images, {7}), Error);
  EXPECT_THROW(ArraySource(responses.flatten(1), images), Error);
  EXPECT_THROW(ArraySource(responses, images.narrow(0, 0, 2)), Error);
  EXPECT_THROW(ArraySource(responses, {}).images({0}), Error);
}

}  // namespace
}  // namespace afterimage
