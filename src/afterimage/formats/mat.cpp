#include "afterimage/formats/mat.h"

#include <ATen/ops/from_blob.h>
#include <matio.h>

#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

using Variable = std::unique_ptr<matvar_t, decltype(&Mat_VarFree)>;

at::ScalarType scalar_type(const matvar_t& variable, const std::string& where) {
  if (variable.isComplex) throw Error(where, "holds complex numbers", "Store real numbers");
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
    case MAT_C_INT32:
      return at::kInt;
    case MAT_C_INT64:
      return at::kLong;
    default:
      throw Error(where, "is no array of numbers LibTorch has a type for",
                  "Store it as double, single, uint8 or a signed integer type");
  }
}

}  // namespace

struct MatFile::Impl {
  std::string path;
  std::unique_ptr<mat_t, decltype(&Mat_Close)> file{nullptr, &Mat_Close};
};

MatFile::MatFile(const std::filesystem::path& path) : impl_(std::make_unique<Impl>()) {
  if (!std::filesystem::exists(path)) throw Error(path, "no such file");
  // Without a log function matio is silent; what fails is told by the calls' results.
  Mat_LogInitFunc("afterimage", [](int, char*) {});
  impl_->path = path.string();
  impl_->file.reset(Mat_Open(path.c_str(), MAT_ACC_RDONLY));
  if (!impl_->file) throw Error(path, "is no MATLAB file, or is damaged", "Save it from MATLAB again");
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
  if (!variable || variable->data == nullptr) {
    throw Error(where, "cannot be read", "Is the file whole?");
  }
  const at::ScalarType type = scalar_type(*variable, where);
  std::vector<int64_t> reversed(variable->dims, variable->dims + variable->rank);
  std::reverse(reversed.begin(), reversed.end());
  int64_t count = 1;
  for (const int64_t size : reversed) count *= size;
  if (static_cast<uint64_t>(count) * c10::elementSize(type) != variable->nbytes) {
    throw Error(where, "is cut short", "Is the file whole?");
  }
  std::vector<int64_t> order(reversed.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(order.size() - 1 - i);
  return at::from_blob(variable->data, reversed, type).permute(order).clone(
      at::MemoryFormat::Contiguous);  // MATLAB's first index runs fastest
}

}  // namespace afterimage
