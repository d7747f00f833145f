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

TEST(Nifti, RefusesWhatIsNotWhole) {
  EXPECT_THROW(NiftiFile(fixtures / "bad_complex.nii"), Error);
  EXPECT_THROW(NiftiFile(fixtures / "bad_truncated.nii"), Error);
  EXPECT_THROW(NiftiFile(fixtures / "bad_truncated.nii.gz").read(0, 5), Error);
  EXPECT_THROW(NiftiFile(fixtures / "series.nii").read_volume(), Error);
  EXPECT_THROW(NiftiFile(fixtures / "none.nii"), Error);
  EXPECT_THROW(NiftiFile(fixtures / "make_nothing"), Error);
}

TEST(Nifti, RefusesHostileHeaders) {
  const TemporaryFolder folder;
  const std::string whole = read_text(fixtures / "series.nii");
  const auto refused = [&](size_t position, const std::string& bytes) {
    write_text(folder / "x.nii", std::string(whole).replace(position, bytes.size(), bytes), true);
    EXPECT_THROW(NiftiFile(folder / "x.nii").read(0, 1), Error) << position;
  };
  constexpr size_t dim = 40, vox_offset = 108;
  refused(dim + 2, "\xff\x7f");  // more columns than there are
  refused(dim + 2, std::string("\xff\x7f\xff\x7f\xff\x7f\xff\x7f", 8));
  refused(dim, std::string("\x09\x00", 2));                 // nine dimensions
  refused(vox_offset, std::string("\x00\x00\x80\x4e", 4));  // 2^30
  refused(344, "what");                                     // the magic
}

}  // namespace
}  // namespace afterimage
