#include "afterimage/formats/array_file.h"

#include <ATen/Functions.h>

#include <numeric>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/formats/mat.h"
#include "afterimage/formats/nifti.h"
#include "afterimage/formats/npy.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// `values` as `type`; an Error where whole numbers or flags were asked for and are not there.
at::Tensor converted(const at::Tensor& values, at::ScalarType type, const std::string& where) {
  if (values.scalar_type() == type) return values;
  const at::Tensor out = values.to(type);
  if (at::isFloatingType(type)) return out;
  const at::Tensor same = out.to(at::kDouble).eq(values.to(at::kDouble));
  if (same.all().item<bool>()) return out;
  const at::Tensor at = same.logical_not().reshape(-1).nonzero()[0];
  throw Error(where,
              concat("holds ", number_text(values.reshape(-1)[at.item<int64_t>()].item<double>())),
              type == at::kByte   ? "Whole numbers from 0 to 255 are expected"
              : type == at::kBool ? "0 and 1 are expected"
                                  : "Whole numbers are expected");
}

class NpyArray : public ArrayFile {
 public:
  NpyArray(const fs::path& path, const std::string& where) : ArrayFile(where), file_(path) {
    shape_ = file_.shape();
    integers_ = !at::isFloatingType(file_.type());
  }
  int64_t pieces(int64_t index) const override { return file_.pieces(index); }

 protected:
  at::Tensor read_part(int64_t index, int64_t first, int64_t count,
                       at::ScalarType type) const override {
    return converted(file_.rows(first, count, index), type, where_);
  }

 private:
  NpyFile file_;
};

/// An array that is in memory anyway.
class WholeArray : public ArrayFile {
 public:
  WholeArray(at::Tensor values, const std::string& where)
      : ArrayFile(where), values_(std::move(values)) {
    shape_ = values_.sizes().vec();
    integers_ = !at::isFloatingType(values_.scalar_type());
  }

 protected:
  at::Tensor read_part(int64_t index, int64_t first, int64_t count,
                       at::ScalarType type) const override {
    return converted(values_.narrow(index, first, count), type, where_);
  }

 private:
  at::Tensor values_;
};

class Hdf5Array : public ArrayFile {
 public:
  Hdf5Array(const fs::path& path, const std::string& name, const std::string& where)
      : ArrayFile(where), file_(hdf5::File::open(path)), name_(name) {
    shape_ = file_.shape(name_);
    integers_ = file_.holds_integers(name_);
  }
  int64_t pieces(int64_t index) const override {
    return c10::multiply_integers(at::IntArrayRef(shape_).slice(0, static_cast<size_t>(index)));
  }

 protected:
  at::Tensor read_part(int64_t index, int64_t first, int64_t count,
                       at::ScalarType type) const override {
    std::vector<int64_t> start(shape_.size(), 0), size = shape_;
    start[static_cast<size_t>(index)] = first;
    size[static_cast<size_t>(index)] = count;
    if (type == at::kByte) return read_as<uint8_t>(start, size, type);
    if (type == at::kFloat) return read_as<float>(start, size, type);
    if (type == at::kDouble) return read_as<double>(start, size, type);
    return converted(read_as<int64_t>(start, size, at::kLong), type, where_);
  }

 private:
  template <typename T>
  at::Tensor read_as(const std::vector<int64_t>& start, const std::vector<int64_t>& size,
                     at::ScalarType type) const {
    at::Tensor out = at::empty(size, type);
    file_.read_block<T>(name_, start, size, out.mutable_data_ptr<T>());
    return out;
  }

  hdf5::File file_;
  std::string name_;
};

class NiftiArray : public ArrayFile {
 public:
  NiftiArray(const fs::path& path, const std::string& where) : ArrayFile(where), file_(path) {
    shape_ = file_.volume_shape();
    integers_ = file_.integers();
    if (file_.volumes() > 1) shape_.insert(shape_.begin(), file_.volumes());
  }

 protected:
  at::Tensor read_part(int64_t index, int64_t first, int64_t count,
                       at::ScalarType type) const override {
    const bool in_time = file_.volumes() > 1;
    if (in_time && index == 0) return converted(file_.read(first, count), type, where_);
    const at::Tensor all = in_time ? file_.read(0, file_.volumes()) : file_.read_volume();
    return converted(all.narrow(index, first, count), type, where_);
  }

 private:
  NiftiFile file_;
};

class PermutedArray : public ArrayFile {
 public:
  PermutedArray(std::unique_ptr<ArrayFile> array, const std::vector<int64_t>& order)
      : ArrayFile(array->where()), array_(std::move(array)), order_(order) {
    if (array_->shape().size() != order_.size()) {
      throw Error(where_, concat("has ", array_->shape().size(), " indices"),
                  concat(order_.size(), " are expected"));
    }
    for (const int64_t axis : order_) shape_.push_back(array_->shape()[static_cast<size_t>(axis)]);
    integers_ = array_->integers();
  }
  int64_t pieces(int64_t index) const override {
    return array_->pieces(order_[static_cast<size_t>(index)]);
  }

 protected:
  at::Tensor read_part(int64_t index, int64_t first, int64_t count,
                       at::ScalarType type) const override {
    return array_->part(order_[static_cast<size_t>(index)], first, count, type).permute(order_);
  }

 private:
  std::unique_ptr<ArrayFile> array_;
  std::vector<int64_t> order_;
};

bool ends_with(const std::string& name, std::initializer_list<const char*> suffixes) {
  for (const char* suffix : suffixes) {
    if (name.ends_with(suffix)) return true;
  }
  return false;
}

/// The array of a file that holds one, or an Error that lists them.
std::string only_name(const std::vector<std::string>& names, const fs::path& path) {
  if (names.size() == 1) return names[0];
  throw Error(path, concat("holds ", names.size(), " arrays: ", join(names)),
              concat("Name one as '", path.filename().string(), ":NAME'"));
}

/// "FILE:NAME" in two; a colon in a folder's name is no such colon.
std::pair<std::string, std::string> file_and_name(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon + 1 == text.size()) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

at::Tensor ArrayFile::part(int64_t index, int64_t first, int64_t count, at::ScalarType type) const {
  if (shape_.empty()) throw Error(where_, "is a single number", "An array is expected here");
  TORCH_INTERNAL_ASSERT(index >= 0 && index < std::ssize(shape_) && first >= 0 && count >= 0 &&
                        first + count <= shape_[static_cast<size_t>(index)]);
  return read_part(index, first, count, type);
}

at::Tensor ArrayFile::read(at::ScalarType type) const {
  return rows(0, shape_.empty() ? 0 : shape_[0], type);
}

std::unique_ptr<ArrayFile> permuted(std::unique_ptr<ArrayFile> array,
                                    const std::vector<int64_t>& order) {
  TORCH_INTERNAL_ASSERT(!order.empty() && order[0] == 0);
  return std::make_unique<PermutedArray>(std::move(array), order);
}

fs::path array_path(const std::string& text, const fs::path& folder) {
  return folder / file_and_name(text).first;
}

std::unique_ptr<ArrayFile> open_array(const std::string& text, const fs::path& folder) {
  const auto [file, given] = file_and_name(text);
  const fs::path path = folder / file;
  const std::string where = path.string() + (given.empty() ? "" : ":" + given);
  if (!fs::exists(path)) throw Error(path, "no such file");
  if (fs::is_directory(path)) throw Error(path, "is a folder", "A file with an array is expected");
  if (ends_with(file, {".npy"})) return std::make_unique<NpyArray>(path, where);
  if (ends_with(file, {".npz"})) {
    const std::string name = given.empty() ? only_name(npz_names(path), path) : given;
    return std::make_unique<WholeArray>(read_npz(path, name), where);
  }
  if (ends_with(file, {".mat"})) {
    const MatFile mat(path);
    const std::string name = given.empty() ? only_name(mat.names(), path) : given;
    return std::make_unique<WholeArray>(mat.read(name), where);
  }
  if (ends_with(file, {".h5", ".hdf5", ".hdf", ".nwb"})) {
    const std::string name =
        given.empty() ? only_name(hdf5::File::open(path).members("/"), path) : given;
    return std::make_unique<Hdf5Array>(path, name, where);
  }
  if (ends_with(file, {".nii", ".nii.gz", ".hdr"}))
    return std::make_unique<NiftiArray>(path, where);
  throw Error(path, "is of no known format",
              "Known are .npy, .npz, .mat, .h5, .hdf5, .nwb, .nii and .nii.gz");
}

}  // namespace afterimage
