#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/formats/mat_reader.h"

// MATLAB's version 7.3: HDF5 whose datasets have their indices in the reverse order, and say in
// attributes which of MATLAB's kinds they are. Programs other than MATLAB leave those out.
namespace afterimage {
namespace {

using hdf5::ElementType;

/// The types that the attribute MATLAB_class names.
const std::map<std::string, at::ScalarType> types = {
    {"double", at::kDouble}, {"single", at::kFloat}, {"logical", at::kBool}, {"int8", at::kChar},
    {"uint8", at::kByte},    {"int16", at::kShort},  {"uint16", at::kInt},   {"int32", at::kInt},
    {"uint32", at::kLong},   {"int64", at::kLong},   {"uint64", at::kLong}};

/// The type an array comes out as: LibTorch computes with few unsigned types, so they become wider.
at::ScalarType type_of(const ElementType& type) {
  if (type.kind == ElementType::Kind::boolean) return at::kBool;
  if (type.kind == ElementType::Kind::floating) return type.bytes <= 4 ? at::kFloat : at::kDouble;
  if (type.bytes == 1) return type.is_signed ? at::kChar : at::kByte;
  if (type.bytes == 2) return type.is_signed ? at::kShort : at::kInt;
  if (type.bytes == 4) return type.is_signed ? at::kInt : at::kLong;
  return at::kLong;
}

class Mat73 : public MatReader {
 public:
  Mat73(const std::filesystem::path& path, bool matlab)
      : file_(hdf5::File::open(path)), path_(path.string()), matlab_(matlab) {}

  std::vector<std::string> names() const override {
    auto names = file_.members("/");
    std::erase_if(names, [](const auto& name) { return name.starts_with("#"); });  // MATLAB's own
    return names;
  }

  at::Tensor read(const std::string& name) const override {
    const std::string dataset = dataset_of(name);
    const std::string where = path_ + " '" + name + "'";
    refuse_what_is_no_array(dataset, name, where);
    const std::string kind = kind_of(dataset);
    if (file_.has_attribute(dataset, "MATLAB_empty") &&
        file_.number_attribute(dataset, "MATLAB_empty") != 0) {
      const auto type = types.find(kind);  // what is stored are the sizes
      return at::empty(file_.read<int64_t>(dataset),
                       type == types.end() ? at::kDouble : type->second);
    }
    at::Tensor values = values_of(dataset, type_of(file_.element_type(dataset)));
    if (kind == "logical") values = values.to(at::kBool);
    if (!matlab_) return values;
    std::vector<int64_t> order(static_cast<size_t>(values.dim()));
    std::iota(order.rbegin(), order.rend(), 0);
    return values.permute(order).contiguous();
  }

 private:
  /// "S.R" is stored as S/R.
  std::string dataset_of(const std::string& name) const {
    std::string path = name;
    if (!file_.has(path)) std::replace(path.begin(), path.end(), '.', '/');
    if (file_.has(path)) return path;
    const std::string holder = path.substr(0, path.rfind('/'));
    const bool field = holder != path && file_.is_group(holder);
    auto known = field ? file_.members(holder) : names();
    std::string prefix = field ? holder + "." : "";
    std::replace(prefix.begin(), prefix.end(), '/', '.');
    for (auto& each : known) each.insert(0, prefix);
    throw Error(path_, "has no variable '" + name + "'", suggestion(name, known));
  }

  /// "double", "logical", "char", "cell", ...; "" where the writer did not say.
  std::string kind_of(const std::string& object) const {
    if (!file_.has_attribute(object, "MATLAB_class")) return "";
    return file_.text_attribute(object, "MATLAB_class");
  }

  void refuse_what_is_no_array(const std::string& object, const std::string& name,
                               const std::string& where) const {
    constexpr const char* right = "Store it as a full array of numbers";
    if (file_.has_attribute(object, "MATLAB_sparse")) throw Error(where, "is sparse", right);
    if (file_.is_group(object)) refuse_structure(where, name, file_.members(object));
    const std::string kind = kind_of(object);
    if (kind == "char") throw Error(where, "is text", right);
    if (kind == "cell") throw Error(where, "is a cell", right);
    const auto type = file_.element_type(object);
    if (type.kind != ElementType::Kind::other) return;
    throw Error(where, "holds " + type.text,
                "Store a full array of real numbers; of a structure array, only single ones are "
                "read");
  }

  template <typename T>
  void read_into(const std::string& dataset, at::Tensor& out) const {
    const auto sizes = file_.shape(dataset);
    file_.read_block<T>(dataset, std::vector<int64_t>(sizes.size(), 0), sizes,
                        static_cast<T*>(out.mutable_data_ptr()));
  }

  at::Tensor values_of(const std::string& dataset, at::ScalarType type) const {
    if (type == at::kBool) return values_of(dataset, at::kByte).to(at::kBool);
    const auto sizes = file_.shape(dataset);
    if (sizes.empty()) {  // a single number: MATLAB's is 1 x 1
      return at::full({1, 1}, file_.read<double>(dataset).at(0), at::kDouble).to(type);
    }
    at::Tensor out = at::empty(sizes, type);
    switch (type) {
      case at::kChar:
        read_into<int8_t>(dataset, out);
        break;
      case at::kByte:
        read_into<uint8_t>(dataset, out);
        break;
      case at::kShort:
        read_into<int16_t>(dataset, out);
        break;
      case at::kInt:
        read_into<int32_t>(dataset, out);
        break;
      case at::kLong:
        read_into<int64_t>(dataset, out);
        break;
      case at::kFloat:
        read_into<float>(dataset, out);
        break;
      default:
        read_into<double>(dataset, out);
    }
    return out;
  }

  hdf5::File file_;
  std::string path_;
  bool matlab_;
};

}  // namespace

std::unique_ptr<MatReader> open_mat_73(const std::filesystem::path& path, bool matlab) {
  return std::make_unique<Mat73>(path, matlab);
}

}  // namespace afterimage
