#include "afterimage/formats/hdf5_parts.h"

#include <algorithm>
#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage::hdf5 {

Id& Id::operator=(Id&& other) noexcept {
  if (this != &other) {
    reset();
    id_ = other.id_;
    close_ = other.close_;
    other.id_ = -1;
  }
  return *this;
}

void Id::reset() {
  if (id_ >= 0) close_(id_);
  id_ = -1;
}

void leave_exit_alone() { static_cast<void>(H5dont_atexit()); }

namespace internal {

void silence() {
  static thread_local const herr_t once = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  static_cast<void>(once);
}

std::string library_message() {
  std::string message;
  const auto keep_last = [](unsigned, const H5E_error2_t* error, void* text) -> herr_t {
    if (error->desc) *static_cast<std::string*>(text) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_last, &message);
  // Of "file write failed: time = ..., error message = 'No space left on device', buf = ..." the
  // system's words are enough.
  constexpr std::string_view mark = "error message = '";
  if (const size_t at = message.find(mark); at != std::string::npos) {
    message.erase(0, at + mark.size());
    message.erase(std::min(message.find('\''), message.size()));
  }
  return message.empty() ? "no reason given" : message;
}

void fail(const std::filesystem::path& file, std::string_view name, std::string_view what,
          std::string_view right) {
  throw Error(file, concat("dataset '", name, "' ", what, " (", library_message(), ")"), right);
}

std::string class_text(H5T_class_t type) {
  switch (type) {
    case H5T_INTEGER:
    case H5T_FLOAT:
    case H5T_ENUM:
      return "numbers";
    case H5T_STRING:
      return "strings";
    case H5T_COMPOUND:
      return "a table (compound type)";
    case H5T_REFERENCE:
      return "references (a MATLAB cell array?)";
    default:
      return "values of a type that is neither number nor text";
  }
}

Id without_times(hid_t property_class) {
  Id list = properties(H5Pcreate(property_class));
  H5Pset_obj_track_times(list, false);
  return list;
}

void make_groups(hid_t file, const std::string& name) {
  const Id list = without_times(H5P_GROUP_CREATE);
  for (size_t at = name.find('/', 1); at != std::string::npos; at = name.find('/', at + 1)) {
    const std::string group = name.substr(0, at);
    if (H5Lexists(file, group.c_str(), H5P_DEFAULT) > 0) continue;
    const Id made(H5Gcreate2(file, group.c_str(), H5P_DEFAULT, list, H5P_DEFAULT), H5Gclose);
  }
}

Id open_dataset(const std::filesystem::path& file, hid_t id, const std::string& name) {
  Id dataset(H5Dopen2(id, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (dataset < 0) {
    const bool is_group = Id(H5Gopen2(id, name.c_str(), H5P_DEFAULT), H5Gclose) >= 0;
    throw Error(
        file, is_group ? concat("'", name, "' is a group") : concat("has no dataset '", name, "'"),
        is_group ? "A dataset is expected here" : "");
  }
  return dataset;
}

std::vector<int64_t> shape_of(hid_t dataset) {
  const Id whole = space(H5Dget_space(dataset));
  if (H5Sget_simple_extent_type(whole) == H5S_NULL) return {0};
  std::vector<hsize_t> size(static_cast<size_t>(std::max(0, H5Sget_simple_extent_ndims(whole))));
  H5Sget_simple_extent_dims(whole, size.data(), nullptr);
  return {size.begin(), size.end()};
}

int64_t element_count(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) {
    if (__builtin_mul_overflow(count, size, &count)) return std::numeric_limits<int64_t>::max();
  }
  return count;
}

}  // namespace internal
}  // namespace afterimage::hdf5
