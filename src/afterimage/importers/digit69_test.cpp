#include "afterimage/importers/digit69.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <numeric>

#include "afterimage/base/error.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/formats/mat.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const fs::path digits = fs::path(AFTERIMAGE_ASSETS) / "examples/digit69/digit69_28x28.mat";
const fs::path other = fs::path(AFTERIMAGE_TEST_DATA) / "formats/v5.mat";

/// Standard deviation of the ink's column in each row. (n, y, x) -> (n, y)
at::Tensor row_spread(const at::Tensor& images) {
  const at::Tensor column = at::arange(images.size(2), at::kFloat);
  const at::Tensor weight = images / (images.sum(2, true) + 1e-6);
  const at::Tensor mean = (weight * column).sum(2, true);
  return (weight * (column - mean).square()).sum(2).sqrt();
}

TEST(Digit69, TrialsVoxelsAndSplits) {
  const TemporaryFolder folder;
  Digit69Importer().import(
      {.paths = {digits}, .out = folder / "digits.h5", .provenance = {{"command", "as typed"}}});
  const Recording recording(folder / "digits.h5");
  const RecordingInfo& info = recording.info();
  EXPECT_EQ(recording.sensors(), 3092);
  EXPECT_EQ(recording.bins(), 1);
  EXPECT_EQ(info.stimuli(), 100);
  const auto train = info.trials_of("train", "test"), test = info.trials_of("test", "test");
  EXPECT_EQ(train.size(), 90u);
  EXPECT_EQ(test.size(), 10u);
  EXPECT_FALSE(info.sensors.mapped(0));
  EXPECT_EQ(info.provenance["command"], "as typed");

  const MatFile file(digits);
  EXPECT_TRUE(
      at::equal(recording.responses(train).squeeze(2), file.read("fmriTrn").to(at::kFloat)));
  EXPECT_TRUE(
      at::equal(recording.responses(test).squeeze(2), file.read("fmriTest").to(at::kFloat)));
}

TEST(Digit69, DigitsStandUpright) {
  const TemporaryFolder folder;
  Digit69Importer().import({.paths = {digits}, .out = folder / "digits.h5"});
  const Recording recording(folder / "digits.h5");
  std::vector<int64_t> train(90);
  std::iota(train.begin(), train.end(), 0);
  const at::Tensor images = recording.images(train).select(1, 0).to(at::kFloat);  // (n, y, x)
  const MatFile file(digits);
  // The loop is wide and the stroke narrow: below in a six, above in a nine, and on their side
  // (measured on this file) as often one as the other.
  const at::Tensor spread = row_spread(images);
  const at::Tensor wide_below = (spread.slice(1, 14, 22) - spread.slice(1, 6, 14)).sum(1) > 0;
  const at::Tensor six = file.read("labelTrn").view({90}) == 1;
  EXPECT_GT(wide_below.index({six}).to(at::kFloat).mean().item<float>(), 0.9);
  EXPECT_LT(wide_below.index({~six}).to(at::kFloat).mean().item<float>(), 0.1);
  // Nor are they mirrored: row 3 is every 28th pixel from the third.
  EXPECT_TRUE(at::equal(images[7][3], file.read("stimTrn")[7].slice(0, 3, 784, 28).to(at::kFloat)));
}

TEST(Digit69, OtherFilesAreRefused) {
  const TemporaryFolder folder;
  EXPECT_THROW(Digit69Importer().import({.paths = {}, .out = folder / "out.h5"}), Error);
  EXPECT_THROW(Digit69Importer().import({.paths = {other}, .out = folder / "out.h5"}), Error);
  EXPECT_FALSE(fs::exists(folder / "out.h5"));
}

}  // namespace
}  // namespace afterimage
