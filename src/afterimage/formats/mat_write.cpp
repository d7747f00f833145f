#include <ATen/core/Tensor.h>
#include <matio.h>

#include <memory>

#include "afterimage/base/error.h"
#include "afterimage/formats/mat.h"

namespace afterimage {
namespace {

struct Kind {
  matio_classes kind;
  matio_types type;
};

Kind kind_of(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return {MAT_C_UINT8, MAT_T_UINT8};
    case at::kInt:
      return {MAT_C_INT32, MAT_T_INT32};
    case at::kLong:
      return {MAT_C_INT64, MAT_T_INT64};
    case at::kFloat:
      return {MAT_C_SINGLE, MAT_T_SINGLE};
    case at::kDouble:
      return {MAT_C_DOUBLE, MAT_T_DOUBLE};
    default:
      TORCH_INTERNAL_ASSERT(false, "no MATLAB type");
  }
}

bool write_one(mat_t* file, const std::string& name, const at::Tensor& array) {
  std::vector<int64_t> order;
  for (int64_t i = array.dim() - 1; i >= 0; --i) order.push_back(i);
  at::Tensor data = array.permute(order).contiguous();  // MATLAB's first index runs fastest
  std::vector<size_t> sizes(array.sizes().begin(), array.sizes().end());
  while (sizes.size() < 2) sizes.push_back(1);
  const auto [kind, type] = kind_of(array.scalar_type());
  const std::unique_ptr<matvar_t, decltype(&Mat_VarFree)> variable(
      Mat_VarCreate(name.c_str(), kind, type, static_cast<int>(sizes.size()), sizes.data(),
                    data.data_ptr(), MAT_F_DONT_COPY_DATA),
      &Mat_VarFree);
  return variable && Mat_VarWrite(file, variable.get(), MAT_COMPRESSION_NONE) == 0;
}

}  // namespace

void write_mat(const std::filesystem::path& path, const std::map<std::string, at::Tensor>& arrays) {
  constexpr size_t most_of_version_5 = size_t{1} << 31;
  bool large = false;
  for (const auto& [name, array] : arrays) large = large || array.nbytes() >= most_of_version_5;
  Mat_LogInitFunc("afterimage", [](int, char*) {});
  // A fixed text: the same data give the same bytes.
  std::unique_ptr<mat_t, decltype(&Mat_Close)> file(
      Mat_CreateVer(path.c_str(), "MATLAB file written by afterimage",
                    large ? MAT_FT_MAT73 : MAT_FT_MAT5),
      &Mat_Close);
  if (!file) throw Error(path, "cannot be written");
  for (const auto& [name, array] : arrays) {
    if (!write_one(file.get(), name, array)) {
      throw Error(path, "'" + name + "' cannot be written", "Is the disk full?");
    }
  }
  if (Mat_Close(file.release()) != 0) throw Error(path, "cannot be written", "Is the disk full?");
}

}  // namespace afterimage
