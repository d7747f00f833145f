#include "afterimage/formats/array_file.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/formats/npy.h"

namespace afterimage {
namespace {

const std::filesystem::path fixtures = AFTERIMAGE_TEST_DATA;

TEST(ArrayFile, OneInterfaceForEveryFormat) {
  const TemporaryFolder folder;
  const at::Tensor values = (at::arange(3).view({3, 1}) * 10 + at::arange(5)).to(at::kFloat);
  {
    auto file = hdf5::File::create(folder / "a.h5");
    file.write<float>("group/values", {3, 5}, values.const_data_ptr<float>());
  }
  write_npy(folder / "a.npy", values);
  for (const auto& [where, base] :
       {std::pair{std::string("a.h5:group/values"), folder.path()},
        {std::string("a.npy"), folder.path()},
        {std::string("stored.npz:grid_be_f4"), fixtures / "importers/npy"}}) {
    const auto array = open_array(where, base);
    EXPECT_EQ(array->shape(), (std::vector<int64_t>{3, 5})) << where;
    EXPECT_FALSE(array->integers()) << where;
    EXPECT_TRUE(at::equal(array->read(at::kFloat), values)) << where;
    EXPECT_TRUE(at::equal(array->rows(1, 2, at::kLong), values.narrow(0, 1, 2).to(at::kLong)));
    EXPECT_TRUE(at::equal(array->part(1, 2, 3, at::kFloat), values.narrow(1, 2, 3))) << where;
  }
  const auto volumes = open_array("series.nii.gz", fixtures / "importers/nifti");
  EXPECT_EQ(volumes->shape(), (std::vector<int64_t>{5, 3, 4, 2}));
  EXPECT_EQ(volumes->rows(4, 1, at::kLong)[0][2][3][1].item<int64_t>(), 4231);
  EXPECT_EQ(volumes->part(2, 3, 1, at::kLong)[4][2][0][1].item<int64_t>(), 4231);
  EXPECT_EQ(open_array("gaps.nii.gz", fixtures / "importers/nifti")->shape(),
            (std::vector<int64_t>{3, 4, 2}));
}

TEST(ArrayFile, RefusesWhatDoesNotFit) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", at::tensor({0.5, 300.0}));
  const auto array = open_array("a.npy", folder.path());
  EXPECT_THROW(array->read(at::kLong), Error);
  EXPECT_THROW(array->rows(1, 1, at::kByte), Error);
  EXPECT_EQ(array->rows(1, 1, at::kLong).item<int64_t>(), 300);
  EXPECT_THROW(open_array("b.npy", folder.path()), Error);
  EXPECT_THROW(open_array("stored.npz", fixtures / "importers/npy"), Error);  // many arrays
  EXPECT_THROW(open_array("stored.npz:none", fixtures / "importers/npy"), Error);
  EXPECT_THROW(open_array("make_npy.py", fixtures / "importers"), Error);
}

}  // namespace
}  // namespace afterimage
