#include <ATen/ops/from_blob.h>
#include <matio.h>

#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/mat_reader.h"

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
      throw Error(where, "is text, a cell, sparse or of another kind that is no array",
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

std::vector<std::string> fields_of(const matvar_t& variable) {
  const unsigned count = Mat_VarGetNumberOfFields(const_cast<matvar_t*>(&variable));
  char* const* names = Mat_VarGetStructFieldnames(&variable);
  return names == nullptr ? std::vector<std::string>()
                          : std::vector<std::string>(names, names + count);
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

/// The variable a name leads to: "S", or "S.R" for the field R of the structure S.
const matvar_t& follow(const matvar_t& variable, const std::vector<std::string>& fields,
                       const std::string& where) {
  const matvar_t* at = &variable;
  for (size_t i = 1; i < fields.size(); ++i) {
    if (at->class_type != MAT_C_STRUCT) throw Error(where, "'" + fields[i - 1] + "' has no fields");
    size_t count = 1;
    for (int d = 0; d < at->rank; ++d) count *= at->dims[d];
    if (count != 1) {
      throw Error(where, concat("'", fields[i - 1], "' is an array of ", count, " structures"),
                  "A single structure is expected here");
    }
    const matvar_t* next =
        Mat_VarGetStructFieldByName(const_cast<matvar_t*>(at), fields[i].c_str(), 0);
    if (next == nullptr) {
      auto known = fields_of(*at);
      for (auto& field : known) {
        field.insert(0,
                     join({fields.begin(), fields.begin() + static_cast<int64_t>(i)}, ".") + ".");
      }
      throw Error(where, "is not there", suggestion(join(fields, "."), known));
    }
    at = next;
  }
  return *at;
}

/// An array with MATLAB's index order.
at::Tensor tensor_of(const matvar_t& variable, const std::string& where, const std::string& name) {
  if (variable.class_type == MAT_C_STRUCT) refuse_structure(where, name, fields_of(variable));
  if (variable.isComplex) throw Error(where, "holds complex numbers", "Store real numbers");
  const at::ScalarType stored = stored_type(variable, where);
  const auto sizes = reversed_sizes(variable, c10::elementSize(stored), where);
  std::vector<int64_t> order(sizes.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(order.size() - 1 - i);
  return at::from_blob(variable.data, sizes, stored)  // (..., k, j, i)
      .to(final_type(variable, stored), /*non_blocking=*/false, /*copy=*/true)
      .permute(order)  // (i, j, k, ...)
      .contiguous();
}

class Mat5 : public MatReader {
 public:
  explicit Mat5(const std::filesystem::path& path) : path_(path.string()) {
    // Without a log function matio is silent; what fails is told by the calls' results.
    Mat_LogInitFunc("afterimage", [](int, char*) {});
    file_.reset(Mat_Open(path.c_str(), MAT_ACC_RDONLY));
    if (!file_) throw Error(path, "is no MATLAB file, or is damaged", "Save it from MATLAB again");
  }

  std::vector<std::string> names() const override {
    size_t count = 0;
    char** list = Mat_GetDir(file_.get(), &count);
    std::vector<std::string> names;
    for (size_t i = 0; list != nullptr && i < count; ++i) names.emplace_back(list[i]);
    return names;
  }

  at::Tensor read(const std::string& name) const override {
    const auto known = names();
    const auto parts = split(name, '.');
    const std::string first = parts.empty() ? name : parts[0];
    if (std::find(known.begin(), known.end(), first) == known.end()) {
      throw Error(path_, "has no variable '" + name + "'", suggestion(name, known));
    }
    const Variable variable(Mat_VarRead(file_.get(), first.c_str()), &Mat_VarFree);
    const std::string where = path_ + " '" + name + "'";
    if (!variable) throw Error(where, "cannot be read", "Is the file truncated? Save it again");
    return tensor_of(follow(*variable, parts, where), where, name);
  }

 private:
  std::string path_;
  std::unique_ptr<mat_t, decltype(&Mat_Close)> file_{nullptr, &Mat_Close};
};

}  // namespace

std::unique_ptr<MatReader> open_mat_5(const std::filesystem::path& path) {
  return std::make_unique<Mat5>(path);
}

}  // namespace afterimage
