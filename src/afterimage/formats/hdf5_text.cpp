#include <algorithm>
#include <iterator>

#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/formats/hdf5_parts.h"

// The parts of the HDF5 wrapper that deal with names and text: members, strings, attributes.
namespace afterimage::hdf5 {
namespace {

using namespace internal;

// Variable-length UTF-8, what h5py writes for str.
Id utf8_type() {
  Id text = type(H5Tcopy(H5T_C_S1));
  H5Tset_size(text, H5T_VARIABLE);
  H5Tset_cset(text, H5T_CSET_UTF8);
  return text;
}

std::vector<std::string> fixed_texts(const std::vector<char>& buffer, size_t size, bool spaces) {
  std::vector<std::string> out;
  for (size_t at = 0; at + size <= buffer.size(); at += size) {
    std::string text(buffer.data() + at, size);
    text.resize(std::min(text.find('\0'), text.size()));
    if (spaces) text.resize(text.find_last_not_of(' ') + 1);
    out.push_back(std::move(text));
  }
  return out;
}

// The strings of a dataset or attribute, of fixed or variable length.
using Reader = bool (*)(hid_t object, hid_t memory_type, void* buffer);

std::vector<std::string> read_texts(hid_t object, hid_t file_type, hid_t file_space,
                                    Reader reader) {
  const auto count =
      static_cast<size_t>(std::max<hssize_t>(0, H5Sget_simple_extent_npoints(file_space)));
  if (count == 0) return {};
  if (H5Tis_variable_str(file_type) <= 0) {
    const size_t size = H5Tget_size(file_type);
    std::vector<char> buffer(count * size);
    if (!reader(object, file_type, buffer.data())) throw std::runtime_error(library_message());
    return fixed_texts(buffer, size, H5Tget_strpad(file_type) == H5T_STR_SPACEPAD);
  }
  std::vector<char*> pointers(count, nullptr);
  const bool read = reader(object, file_type, pointers.data());
  const std::string reason = read ? "" : library_message();  // the next call forgets it
  std::vector<std::string> out;
  for (const char* text : pointers) out.emplace_back(text ? text : "");
  H5Dvlen_reclaim(file_type, file_space, H5P_DEFAULT, pointers.data());
  if (!read) throw std::runtime_error(reason);
  return out;
}

Id open_attribute(const std::filesystem::path& path, hid_t file, const std::string& object,
                  const std::string& name) {
  Id attribute(H5Aopen_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
               H5Aclose);
  if (attribute < 0) throw Error(path, concat("'", object, "' has no attribute '", name, "'"));
  return attribute;
}

void write_attribute(const std::filesystem::path& path, hid_t file, const std::string& object,
                     const std::string& name, hid_t type_id, const void* value) {
  const Id holder(H5Oopen(file, object.c_str(), H5P_DEFAULT), H5Oclose);
  if (holder >= 0 && H5Aexists(holder, name.c_str()) > 0) H5Adelete(holder, name.c_str());
  const Id scalar = space(H5Screate(H5S_SCALAR));
  const Id attribute(H5Acreate2(holder, name.c_str(), type_id, scalar, H5P_DEFAULT, H5P_DEFAULT),
                     H5Aclose);
  if (attribute < 0 || H5Awrite(attribute, type_id, value) < 0) {
    throw Error(path, concat("attribute '", name, "' of '", object, "' cannot be written (",
                             library_message(), ")"));
  }
}

}  // namespace

bool File::has(const std::string& name) const {
  silence();
  std::string so_far;
  for (const std::string& part : split(name, '/')) {
    if (part.empty()) continue;
    so_far += "/" + part;
    if (H5Lexists(file_, so_far.c_str(), H5P_DEFAULT) <= 0) return false;
    if (H5Oexists_by_name(file_, so_far.c_str(), H5P_DEFAULT) <= 0) return false;
  }
  return true;
}

bool File::is_group(const std::string& name) const {
  silence();
  return has(name) && Id(H5Gopen2(file_, name.c_str(), H5P_DEFAULT), H5Gclose) >= 0;
}

std::vector<std::string> File::members(const std::string& group) const {
  silence();
  const Id holder(H5Gopen2(file_, group.c_str(), H5P_DEFAULT), H5Gclose);
  if (holder < 0) throw Error(path_, concat("has no group '", group, "'"));
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  if (H5Literate(holder, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names) < 0) {
    throw Error(path_, concat("group '", group, "' cannot be read (", library_message(), ")"));
  }
  return names;
}

std::vector<std::string> File::read_strings(const std::string& name) const {
  const std::vector<int64_t> size = shape(name);
  if (std::count_if(size.begin(), size.end(), [](int64_t n) { return n != 1; }) > 1) {
    throw Error(path_, concat("dataset '", name, "' has the shape ", shape_text(size)),
                "A list (one dimension) is expected here");
  }
  return read_all_strings(name);
}

std::vector<std::vector<std::string>> File::read_string_rows(const std::string& name) const {
  const std::vector<int64_t> size = shape(name);
  if (size.empty() || size.size() > 2) {
    throw Error(path_, concat("dataset '", name, "' has the shape ", shape_text(size)),
                "A table (two dimensions) or a list is expected here");
  }
  const auto all = read_all_strings(name);
  const size_t width = size.size() == 2 ? static_cast<size_t>(size[1]) : 1;
  std::vector<std::vector<std::string>> rows(static_cast<size_t>(size[0]));
  for (size_t i = 0; i < all.size(); ++i) {
    if (!all[i].empty()) rows[i / width].push_back(all[i]);
  }
  return rows;
}

std::vector<std::string> File::read_all_strings(const std::string& name) const {
  silence();
  const Id dataset = open_dataset(path_, file_, name);
  const Id file_type = type(H5Dget_type(dataset));
  if (H5Tget_class(file_type) != H5T_STRING) {
    throw Error(path_, concat("dataset '", name, "' holds ", class_text(H5Tget_class(file_type))),
                "Strings are expected here");
  }
  const Id whole = space(H5Dget_space(dataset));
  const Reader reader = [](hid_t object, hid_t memory, void* out) {
    return H5Dread(object, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0;
  };
  try {
    return read_texts(dataset, file_type, whole, reader);
  } catch (const std::exception& error) {
    throw Error(path_, concat("dataset '", name, "' cannot be read (", error.what(), ")"));
  }
}

void File::write_strings(const std::string& name, const std::vector<std::string>& data) {
  write_all_strings(name, {std::ssize(data)}, data);
}

void File::write_string_rows(const std::string& name,
                             const std::vector<std::vector<std::string>>& rows) {
  size_t width = 1;
  for (const auto& row : rows) width = std::max(width, row.size());
  std::vector<std::string> all;
  for (auto row : rows) {
    row.resize(width);
    std::move(row.begin(), row.end(), std::back_inserter(all));
  }
  write_all_strings(name, {std::ssize(rows), static_cast<int64_t>(width)}, all);
}

void File::write_all_strings(const std::string& name, const std::vector<int64_t>& shape,
                             const std::vector<std::string>& data) {
  silence();
  std::vector<const char*> pointers;
  for (const std::string& text : data) pointers.push_back(text.c_str());
  const std::vector<hsize_t> size(shape.begin(), shape.end());
  const Id whole = space(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr));
  const Id text = utf8_type();
  make_groups(file_, name);
  const Id dataset(H5Dcreate2(file_, name.c_str(), text, whole, H5P_DEFAULT,
                              without_times(H5P_DATASET_CREATE), H5P_DEFAULT),
                   H5Dclose);
  if (dataset < 0) fail(path_, name, "cannot be created");
  if (!data.empty() &&
      H5Dwrite(dataset, text, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()) < 0) {
    fail(path_, name, "cannot be written", "Is the disk full?");
  }
}

bool File::has_attribute(const std::string& object, const std::string& name) const {
  silence();
  return H5Aexists_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::string File::text_attribute(const std::string& object, const std::string& name) const {
  silence();
  const Id attribute = open_attribute(path_, file_, object, name);
  const Id file_type = type(H5Aget_type(attribute));
  const Id whole = space(H5Aget_space(attribute));
  if (H5Tget_class(file_type) != H5T_STRING || H5Sget_simple_extent_npoints(whole) != 1) {
    throw Error(path_, concat("attribute '", name, "' of '", object, "' is not one string"));
  }
  const Reader reader = [](hid_t id, hid_t memory, void* out) {
    return H5Aread(id, memory, out) >= 0;
  };
  try {
    return read_texts(attribute, file_type, whole, reader).at(0);
  } catch (const std::exception& error) {
    throw Error(path_, concat("attribute '", name, "' cannot be read (", error.what(), ")"));
  }
}

double File::number_attribute(const std::string& object, const std::string& name) const {
  silence();
  const Id attribute = open_attribute(path_, file_, object, name);
  const Id file_type = type(H5Aget_type(attribute));
  const Id whole = space(H5Aget_space(attribute));
  const H5T_class_t kind = H5Tget_class(file_type);
  const bool number = kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_ENUM;
  double value = 0;
  if (!number || H5Sget_simple_extent_npoints(whole) != 1 ||
      H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) < 0) {
    throw Error(path_, concat("attribute '", name, "' of '", object, "' is not one number"));
  }
  return value;
}

void File::set_attribute(const std::string& object, const std::string& name,
                         const std::string& text) {
  silence();
  const char* pointer = text.c_str();
  write_attribute(path_, file_, object, name, utf8_type(), &pointer);
}

void File::set_attribute(const std::string& object, const std::string& name, double number) {
  silence();
  write_attribute(path_, file_, object, name, H5T_NATIVE_DOUBLE, &number);
}

}  // namespace afterimage::hdf5
