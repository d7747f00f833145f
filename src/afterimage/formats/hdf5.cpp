#include "afterimage/formats/hdf5.h"

#include <limits>
#include <new>
#include <type_traits>

#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5_parts.h"

namespace afterimage::hdf5 {
namespace {

using namespace internal;

template <typename T>
hid_t native_type() {
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, int8_t>) return H5T_NATIVE_INT8;
  if constexpr (std::is_same_v<T, int16_t>) return H5T_NATIVE_INT16;
  if constexpr (std::is_same_v<T, int32_t>) return H5T_NATIVE_INT32;
  if constexpr (std::is_same_v<T, int64_t>) return H5T_NATIVE_INT64;
  if constexpr (std::is_same_v<T, uint8_t>) return H5T_NATIVE_UINT8;
  if constexpr (std::is_same_v<T, uint16_t>) return H5T_NATIVE_UINT16;
  if constexpr (std::is_same_v<T, uint32_t>) return H5T_NATIVE_UINT32;
  if constexpr (std::is_same_v<T, uint64_t>) return H5T_NATIVE_UINT64;
}

// The library would cut 0.7 to 0 and 300 to 255 without a word.
H5T_conv_ret_t refuse_conversion(H5T_conv_except_t, hid_t, hid_t, void*, void*, void* refused) {
  *static_cast<bool*>(refused) = true;
  return H5T_CONV_ABORT;
}

void require_numbers(const std::filesystem::path& path, hid_t dataset, const std::string& name) {
  const Id file_type = type(H5Dget_type(dataset));
  const H5T_class_t kind = H5Tget_class(file_type);
  if (kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_ENUM) return;
  throw Error(path, concat("dataset '", name, "' holds ", class_text(kind)),
              "Numbers are expected here");
}

// Reads the selected elements, refusing values that an integer T cannot hold.
template <typename T>
void read_selected(const std::filesystem::path& path, hid_t dataset, const std::string& name,
                   hid_t memory, hid_t selection, T* out) {
  bool refused = false;
  const Id transfer = properties(H5Pcreate(H5P_DATASET_XFER));
  if (std::is_integral_v<T>) H5Pset_type_conv_cb(transfer, refuse_conversion, &refused);
  if (H5Dread(dataset, native_type<T>(), memory, selection, transfer, out) >= 0) return;
  if constexpr (std::is_integral_v<T>) {
    if (refused) {
      throw Error(path,
                  concat("dataset '", name, "' holds values that are not whole numbers from ",
                         +std::numeric_limits<T>::min(), " to ", +std::numeric_limits<T>::max()));
    }
  }
  fail(path, name, "cannot be read", "The file is probably damaged or cut short");
}

std::vector<hsize_t> extent(const std::vector<int64_t>& shape) {
  return {shape.begin(), shape.end()};
}

// Numbers that follow one another: positions [begin, end) of a list, the first being `first`.
struct Run {
  size_t begin = 0, end = 0;
  int64_t first = 0;
  int64_t count() const { return static_cast<int64_t>(end - begin); }
};

std::vector<Run> runs_of(const std::vector<int64_t>& numbers) {
  std::vector<Run> runs;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (runs.empty() || numbers[i] != numbers[i - 1] + 1) runs.push_back({i, i, numbers[i]});
    runs.back().end = i + 1;
  }
  return runs;
}

// The rows [first, first + count) of a dataset of this shape, and memory for them.
struct Rows {
  Rows(hid_t dataset, const std::vector<int64_t>& shape, int64_t first, int64_t count)
      : selection(space(H5Dget_space(dataset))) {
    std::vector<hsize_t> start(shape.size(), 0);
    std::vector<hsize_t> size = extent(shape);
    start[0] = static_cast<hsize_t>(first);
    size[0] = static_cast<hsize_t>(count);
    H5Sselect_hyperslab(selection, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr);
    memory = space(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr));
  }

  // Of the last index only the run `last`; the memory holds `places` of them for each row.
  void narrow(const std::vector<int64_t>& shape, const Run& rows, const Run& last, size_t places) {
    std::vector<hsize_t> start(shape.size(), 0), size = extent(shape), whole = extent(shape);
    whole[0] = size[0] = static_cast<hsize_t>(rows.count());
    whole.back() = places;
    size.back() = static_cast<hsize_t>(last.count());
    start[0] = static_cast<hsize_t>(rows.first);
    start.back() = static_cast<hsize_t>(last.first);
    H5Sselect_hyperslab(selection, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr);
    memory = space(H5Screate_simple(static_cast<int>(whole.size()), whole.data(), nullptr));
    start[0] = 0;
    start.back() = last.begin;
    H5Sselect_hyperslab(memory, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr);
  }

  Id selection;
  Id memory;
};

void require_rows(const std::filesystem::path& path, const std::string& name, const char* what,
                  const Run& run, int64_t size) {
  if (run.first >= 0 && run.first + run.count() <= size) return;
  throw Error(path,
              concat("dataset '", name, "' has ", size, " ", what, "s, ", what, " ",
                     run.first < 0 ? run.first : run.first + run.count() - 1, " was asked for"));
}

Id creation_properties(const std::vector<int64_t>& shape, const Layout& layout) {
  Id list = without_times(H5P_DATASET_CREATE);
  if (layout.rows_per_chunk <= 0 || shape.empty() || element_count(shape) == 0) return list;
  std::vector<hsize_t> chunk = extent(shape);
  chunk[0] = static_cast<hsize_t>(std::min(layout.rows_per_chunk, shape[0]));
  H5Pset_chunk(list, static_cast<int>(chunk.size()), chunk.data());
  if (layout.deflate > 0) {
    H5Pset_shuffle(list);
    H5Pset_deflate(list, static_cast<unsigned>(layout.deflate));
  }
  return list;
}

}  // namespace

File File::open(const std::filesystem::path& path) {
  silence();
  if (!std::filesystem::exists(path)) throw Error(path, "no such file");
  if (std::filesystem::is_directory(path)) throw Error(path, "is a folder", "Name an HDF5 file");
  File file(path);
  const Id access = properties(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_file_locking(access, true, true);  // file systems without locks are read all the same
  const htri_t known = H5Fis_hdf5(path.c_str());
  if (known == 0) throw Error(path, "is not an HDF5 file");
  file.file_ = Id(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  if (file.file_ < 0) {
    throw Error(
        path, concat("cannot be opened (", library_message(), ")"),
        known < 0 ? "May you read it?" : "It is probably cut short, damaged or being written");
  }
  return file;
}

File File::create(const std::filesystem::path& path) {
  silence();
  File file(path);
  const Id access = properties(H5Pcreate(H5P_FILE_ACCESS));
  // Headers with checksums, which the library verifies; readable since HDF5 1.8 (2008).
  H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18);
  const Id creation = without_times(H5P_FILE_CREATE);
  file.file_ = Id(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, access), H5Fclose);
  if (file.file_ < 0) throw Error(path, concat("cannot be created (", library_message(), ")"));
  return file;
}

std::vector<int64_t> File::shape(const std::string& name) const {
  silence();
  return shape_of(open_dataset(path_, file_, name));
}

void File::require_shape(const std::string& name, const std::vector<int64_t>& expected,
                         const std::vector<std::string>& axes) const {
  const std::vector<int64_t> found = shape(name);
  if (shape_fits(found, expected)) return;
  throw Error(path_, concat("dataset '", name, "' has the shape ", shape_text(found)),
              concat("It must be ", shape_text(expected, axes)));
}

bool File::holds_integers(const std::string& name) const {
  silence();
  const Id file_type = type(H5Dget_type(open_dataset(path_, file_, name)));
  return H5Tget_class(file_type) == H5T_INTEGER;
}

template <typename T>
std::vector<T> File::read(const std::string& name) const {
  silence();
  const Id dataset = open_dataset(path_, file_, name);
  require_numbers(path_, dataset, name);
  const int64_t count = element_count(shape_of(dataset));
  std::vector<T> out;
  try {
    out.resize(static_cast<size_t>(count));
  } catch (const std::exception&) {  // bad_alloc or length_error
    throw Error(path_, concat("dataset '", name, "' (", bytes_text(double(count) * sizeof(T)),
                              ") does not fit into memory"));
  }
  if (count > 0) read_selected(path_, dataset, name, H5S_ALL, H5S_ALL, out.data());
  return out;
}

template <typename T>
void File::read_rows(const std::string& name, const std::vector<int64_t>& rows, T* out) const {
  silence();
  const Id dataset = open_dataset(path_, file_, name);
  require_numbers(path_, dataset, name);
  const std::vector<int64_t> size = shape_of(dataset);
  if (size.empty()) throw Error(path_, concat("dataset '", name, "' is a single value"));
  const int64_t row_elements = element_count({size.begin() + 1, size.end()});
  for (const Run& run : runs_of(rows)) {
    require_rows(path_, name, "row", run, size[0]);
    if (row_elements > 0) {
      const Rows part(dataset, size, run.first, run.count());
      read_selected(path_, dataset, name, part.memory, part.selection, out);
    }
    out += run.count() * row_elements;
  }
}

template <typename T>
void File::read_rows(const std::string& name, const std::vector<int64_t>& rows,
                     const std::vector<int64_t>& last, T* out) const {
  silence();
  const Id dataset = open_dataset(path_, file_, name);
  require_numbers(path_, dataset, name);
  const std::vector<int64_t> size = shape_of(dataset);
  if (size.size() < 2) throw Error(path_, concat("dataset '", name, "' has no two indices"));
  const int64_t row_elements =
      element_count({size.begin() + 1, size.end() - 1}) * static_cast<int64_t>(last.size());
  for (const Run& run : runs_of(rows)) {
    require_rows(path_, name, "row", run, size[0]);
    for (const Run& places : runs_of(last)) {
      require_rows(path_, name, "column", places, size.back());
      if (row_elements == 0) continue;
      Rows part(dataset, size, run.first, run.count());
      part.narrow(size, run, places, last.size());
      read_selected(path_, dataset, name, part.memory, part.selection, out);
    }
    out += run.count() * row_elements;
  }
}

template <typename T>
void File::read_block(const std::string& name, const std::vector<int64_t>& start,
                      const std::vector<int64_t>& count, T* out) const {
  silence();
  const Id dataset = open_dataset(path_, file_, name);
  require_numbers(path_, dataset, name);
  const std::vector<int64_t> size = shape_of(dataset);
  bool inside = start.size() == size.size() && count.size() == size.size();
  for (size_t i = 0; inside && i < size.size(); ++i) {
    inside = start[i] >= 0 && count[i] >= 0 && start[i] + count[i] <= size[i];
  }
  if (!inside) {
    throw Error(path_, concat("dataset '", name, "' has the shape ", shape_text(size)),
                concat(shape_text(count), " from ", shape_text(start), " was asked for"));
  }
  if (element_count(count) == 0) return;
  const Id selection = space(H5Dget_space(dataset));
  const std::vector<hsize_t> first = extent(start), box = extent(count);
  H5Sselect_hyperslab(selection, H5S_SELECT_SET, first.data(), nullptr, box.data(), nullptr);
  const Id memory = space(H5Screate_simple(static_cast<int>(box.size()), box.data(), nullptr));
  read_selected(path_, dataset, name, memory, selection, out);
}

template <typename T>
void File::write(const std::string& name, const std::vector<int64_t>& size, const T* data,
                 const Layout& layout) {
  reserve<T>(name, size, layout);
  const Id dataset = open_dataset(path_, file_, name);
  if (element_count(size) > 0 &&
      H5Dwrite(dataset, native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
    fail(path_, name, "cannot be written", "Is the disk full?");
  }
}

template <typename T>
void File::reserve(const std::string& name, const std::vector<int64_t>& size,
                   const Layout& layout) {
  silence();
  const std::vector<hsize_t> dimensions = extent(size);
  const Id whole =
      space(H5Screate_simple(static_cast<int>(dimensions.size()), dimensions.data(), nullptr));
  make_groups(file_, name);
  const Id dataset(H5Dcreate2(file_, name.c_str(), native_type<T>(), whole, H5P_DEFAULT,
                              creation_properties(size, layout), H5P_DEFAULT),
                   H5Dclose);
  if (dataset < 0) fail(path_, name, "cannot be created");
}

template <typename T>
void File::write_rows(const std::string& name, int64_t first, int64_t count, const T* data) {
  silence();
  const Id dataset = open_dataset(path_, file_, name);
  const std::vector<int64_t> size = shape_of(dataset);
  if (count == 0 || element_count(size) == 0) return;
  const Rows part(dataset, size, first, count);
  if (H5Dwrite(dataset, native_type<T>(), part.memory, part.selection, H5P_DEFAULT, data) < 0) {
    fail(path_, name, "cannot be written", "Is the disk full?");
  }
}

void File::flush() {
  silence();
  if (H5Fflush(file_, H5F_SCOPE_GLOBAL) < 0) {
    throw Error(path_, concat("cannot be written (", library_message(), ")"), "Is the disk full?");
  }
}

#define AFTERIMAGE_HDF5_TYPE(T)                                                                   \
  template std::vector<T> File::read<T>(const std::string&) const;                                \
  template void File::read_rows<T>(const std::string&, const std::vector<int64_t>&, T*) const;    \
  template void File::read_rows<T>(const std::string&, const std::vector<int64_t>&,               \
                                   const std::vector<int64_t>&, T*) const;                        \
  template void File::read_block<T>(const std::string&, const std::vector<int64_t>&,              \
                                    const std::vector<int64_t>&, T*) const;                       \
  template void File::write<T>(const std::string&, const std::vector<int64_t>&, const T*,         \
                               const Layout&);                                                    \
  template void File::reserve<T>(const std::string&, const std::vector<int64_t>&, const Layout&); \
  template void File::write_rows<T>(const std::string&, int64_t, int64_t, const T*);
AFTERIMAGE_HDF5_TYPE(int8_t)
AFTERIMAGE_HDF5_TYPE(int16_t)
AFTERIMAGE_HDF5_TYPE(int32_t)
AFTERIMAGE_HDF5_TYPE(int64_t)
AFTERIMAGE_HDF5_TYPE(uint8_t)
AFTERIMAGE_HDF5_TYPE(uint16_t)
AFTERIMAGE_HDF5_TYPE(uint32_t)
AFTERIMAGE_HDF5_TYPE(uint64_t)
AFTERIMAGE_HDF5_TYPE(float)
AFTERIMAGE_HDF5_TYPE(double)
#undef AFTERIMAGE_HDF5_TYPE

}  // namespace afterimage::hdf5
