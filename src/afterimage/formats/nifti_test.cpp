#include "afterimage/formats/nifti.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/formats/npy.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const fs::path fixtures = fs::path(AFTERIMAGE_TEST_DATA) / "importers/nifti";

/// (t, x, y, z) whose element is 1000 t + 100 x + 10 y + z.
at::Tensor series() {
  return at::arange(5).view({5, 1, 1, 1}) * 1000 + at::arange(3).view({3, 1, 1}) * 100 +
         at::arange(4).view({4, 1}) * 10 + at::arange(2);
}

TEST(Nifti, AxesOfEveryKind) {
  for (const char* name : {"series.nii", "series.nii.gz", "series2.nii", "big_endian.nii"}) {
    const NiftiFile file(fixtures / name);
    EXPECT_EQ(file.volumes(), 5) << name;
    EXPECT_EQ(file.volume_shape(), (std::vector<int64_t>{3, 4, 2})) << name;
    EXPECT_EQ(file.read(0, 1).scalar_type(), at::kShort);
    EXPECT_TRUE(at::equal(file.read(0, 5).to(at::kLong), series())) << name;
    EXPECT_TRUE(at::equal(file.read(1, 2).to(at::kLong), series().narrow(0, 1, 2))) << name;
  }
}

TEST(Nifti, SlopeInterceptAndGaps) {
  const at::Tensor scaled = NiftiFile(fixtures / "scaled.nii").read_volume();
  EXPECT_TRUE(at::equal(scaled, series()[0].to(at::kFloat) * 0.5 - 3));
  const at::Tensor gaps = NiftiFile(fixtures / "gaps.nii.gz").read_volume();
  EXPECT_TRUE(gaps[1][2][1].isnan().item<bool>());
  EXPECT_EQ(gaps.isnan().sum().item<int64_t>(), 1);
  EXPECT_EQ(gaps[2][3][1].item<float>(), 231);
}

TEST(Nifti, RealRecording) {
  const NiftiFile bold(fixtures / "haxby.nii.gz");
  const at::Tensor mask = NiftiFile(fixtures / "haxby_mask.nii.gz").read_volume().gt(0);
  EXPECT_EQ(mask.sum().item<int64_t>(), 530);
  const at::Tensor inside = bold.read(0, 6).view({6, -1}).index({at::Tensor(), mask.view({-1})});
  EXPECT_TRUE(at::equal(inside, NpyFile(fixtures / "haxby.npy").read()));
}

/// What is said of a file, or "accepted".
template <typename Use>
std::string refusal(const fs::path& path, Use use) {
  try {
    use(NiftiFile(path));
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with(path.string())) << error.what();
    return error.what();
  }
  return "accepted";
}

std::string refusal(const fs::path& path) {
  return refusal(path, [](const NiftiFile& file) { file.read(0, 1); });
}

TEST(Nifti, RefusesWhatIsNotWhole) {
  const auto expect = [](const std::string& said, const char* words) {
    EXPECT_NE(said.find(words), std::string::npos) << said;
  };
  expect(refusal(fixtures / "bad_complex.nii"), "voxels of the type COMPLEX");
  expect(refusal(fixtures / "bad_truncated.nii"), "fewer numbers than its header says");
  expect(refusal(fixtures / "bad_truncated.nii.gz", [](const NiftiFile& file) { file.read(0, 5); }),
         "fewer numbers than its header says");
  expect(refusal(fixtures / "series.nii", [](const NiftiFile& file) { file.read_volume(); }),
         "has 5 volumes");
  expect(refusal(fixtures / "none.nii"), "no such file");
  expect(refusal(fixtures / "scaled.nii"), "accepted");  // a sound file is none of these
}

TEST(Nifti, WritesInTheSpaceOfAnother) {
  const TemporaryFolder folder;
  const at::Tensor values = series().narrow(0, 0, 2).to(at::kFloat) / 3;
  for (const char* like : {"series.nii", "scaled.nii", "big_endian.nii", "series2.nii"}) {
    for (const char* name : {"x.nii", "x.nii.gz"}) {
      write_nifti(folder / name, fixtures / like, values);
      const NiftiFile back(folder / name);
      EXPECT_TRUE(at::equal(back.read(0, 2), values)) << like << " " << name;
      write_nifti(folder / name, fixtures / like, values.narrow(0, 1, 1));
      EXPECT_TRUE(at::equal(NiftiFile(folder / name).read_volume(), values[1])) << like;
    }
  }
  EXPECT_THROW(write_nifti(folder / "y.nii", fixtures / "series.nii", values.narrow(1, 0, 2)),
               Error);
  EXPECT_THROW(write_nifti(folder / "none/y.nii", fixtures / "series.nii", values), Error);
}

TEST(Nifti, RefusesHostileHeaders) {
  const TemporaryFolder folder;
  const std::string whole = read_text(fixtures / "series.nii");
  const auto refused = [&](size_t position, const std::string& bytes, const char* words) {
    write_text(folder / "x.nii", std::string(whole).replace(position, bytes.size(), bytes), true);
    const std::string said = refusal(folder / "x.nii");
    EXPECT_NE(said.find(words), std::string::npos) << position << ": " << said;
  };
  constexpr size_t dim = 40, vox_offset = 108;
  const char* few = "fewer numbers than its header says";
  refused(dim + 2, "\xff\x7f", few);  // more columns than there are
  refused(dim + 2, std::string("\xff\x7f\xff\x7f\xff\x7f\xff\x7f", 8), few);
  refused(dim, std::string("\x09\x00", 2), "no NIfTI file");     // nine dimensions
  refused(vox_offset, std::string("\x00\x00\x80\x4e", 4), few);  // 2^30
  refused(344, "what", "no NIfTI file");                         // the magic
}

}  // namespace
}  // namespace afterimage
