#include "afterimage/formats/mat.h"

#include <ATen/ops/from_blob.h>
#include <matio.h>

#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/mat_extent.h"

namespace afterimage {
namespace {

using Variable = std::unique_ptr<matvar_t, decltype(&Mat_VarFree)>;

/// Element type of the data as matio gives them.
at::ScalarType stored_type(const matvar_t& variable, const std::string& where) {
  switch (variable.class_type) {
    case MAT_C_DOUBLE:
      return at::kDouble;
    case MAT_C_SINGLE:
      return at::kFloat;
    case MAT_C_INT8:
      return at::kChar;
    case MAT_C_UINT8:
      return at::kByte;
    case MAT_C_INT16:
      return at::kShort;
    case MAT_C_UINT16:
      return at::kUInt16;
    case MAT_C_INT32:
      return at::kInt;
    case MAT_C_UINT32:
      return at::kUInt32;
    case MAT_C_INT64:
      return at::kLong;
    default:
      throw Error(where, "is text, a cell, a structure, sparse or of another kind that is no array",
                  "Store it as a full array of double, single, logical or integers (not uint64)");
  }
}

/// The type it comes out as: LibTorch computes with few unsigned types, so they become wider.
at::ScalarType final_type(const matvar_t& variable, at::ScalarType stored) {
  if (variable.isLogical) return at::kBool;
  if (stored == at::kUInt16) return at::kInt;
  if (stored == at::kUInt32) return at::kLong;
  return stored;
}

/// Sizes, last index first: MATLAB's first index runs fastest.
std::vector<int64_t> reversed_sizes(const matvar_t& variable, size_t element,
                                    const std::string& where) {
  std::vector<int64_t> sizes(variable.dims, variable.dims + variable.rank);
  std::reverse(sizes.begin(), sizes.end());
  uint64_t bytes = element;
  for (const int64_t size : sizes) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes)) bytes = 0;
  }
  if (bytes != variable.nbytes || (bytes > 0 && variable.data == nullptr)) {
    throw Error(where, "cannot be read as a whole", "Is the file truncated? Save it again");
  }
  return sizes;
}

}  // namespace

struct MatFile::Impl {
  std::string path;
  std::unique_ptr<mat_t, decltype(&Mat_Close)> file{nullptr, &Mat_Close};
};

MatFile::MatFile(const std::filesystem::path& path) : impl_(std::make_unique<Impl>()) {
  if (!std::filesystem::exists(path)) throw Error(path, "no such file");
  if (std::filesystem::is_directory(path)) throw Error(path, "is a folder", "Name a MATLAB file");
  check_mat_is_whole(path);
  // Without a log function matio is silent; what fails is told by the calls' results.
  Mat_LogInitFunc("afterimage", [](int, char*) {});
  impl_->path = path.string();
  impl_->file.reset(Mat_Open(path.c_str(), MAT_ACC_RDONLY));
  if (!impl_->file)
    throw Error(path, "is no MATLAB file, or is damaged", "Save it from MATLAB again");
}

MatFile::~MatFile() = default;
MatFile::MatFile(MatFile&&) noexcept = default;

std::vector<std::string> MatFile::names() const {
  size_t count = 0;
  char** list = Mat_GetDir(impl_->file.get(), &count);
  std::vector<std::string> names;
  for (size_t i = 0; list != nullptr && i < count; ++i) names.emplace_back(list[i]);
  return names;
}

bool MatFile::has(const std::string& name) const {
  const auto all = names();
  return std::find(all.begin(), all.end(), name) != all.end();
}

at::Tensor MatFile::read(const std::string& name) const {
  if (!has(name)) {
    throw Error(impl_->path, "has no variable '" + name + "'", suggestion(name, names()));
  }
  const Variable variable(Mat_VarRead(impl_->file.get(), name.c_str()), &Mat_VarFree);
  const std::string where = impl_->path + " '" + name + "'";
  if (!variable) throw Error(where, "cannot be read", "Is the file truncated? Save it again");
  if (variable->isComplex) throw Error(where, "holds complex numbers", "Store real numbers");
  const at::ScalarType stored = stored_type(*variable, where);
  const auto sizes = reversed_sizes(*variable, c10::elementSize(stored), where);
  std::vector<int64_t> order(sizes.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(order.size() - 1 - i);
  return at::from_blob(variable->data, sizes, stored)  // (..., k, j, i)
      .to(final_type(*variable, stored), /*non_blocking=*/false, /*copy=*/true)
      .permute(order)  // (i, j, k, ...)
      .contiguous();
}

}  // namespace afterimage
