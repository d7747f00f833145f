#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <hdf5.h>

namespace afterimage::hdf5 {

/// An HDF5 identifier that closes itself.
class Id {
 public:
  Id() = default;
  Id(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Id(Id&& other) noexcept : id_(other.id_), close_(other.close_) { other.id_ = -1; }
  Id& operator=(Id&& other) noexcept;
  ~Id() { reset(); }
  operator hid_t() const { return id_; }  // NOLINT: handed to the C library

 private:
  void reset();
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

/// How a new dataset is laid out: rows per chunk (0 = contiguous) and deflate level (0 = none, with
/// byte shuffling otherwise).
struct Layout {
  int64_t rows_per_chunk = 0;
  int deflate = 0;
};

/// How the elements of a dataset are stored.
struct ElementType {
  enum class Kind { floating, integer, boolean, other } kind = Kind::other;
  bool is_signed = true;
  size_t bytes = 0;
  std::string text;  ///< "numbers", "strings", "references (a MATLAB cell array?)", ...
};

/// Whether a file is HDF5, whatever its name; as far as its first bytes tell.
bool is_hdf5(const std::filesystem::path& path);

/// One HDF5 file. Element types are int8/16/32/64, uint8/16/32/64, float and double; reading
/// converts between number types (booleans of h5py included), and reading as an integer type
/// refuses values that it cannot hold (0.7, NaN, 300 as uint8). Every error names the file and the
/// dataset, what was found and what was expected. Use by one thread at a time.
class File {
 public:
  static File open(const std::filesystem::path& path);
  static File create(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }

  bool has(const std::string& name) const;
  /// Names of the members of a group ("/" for the root), in alphabetical order.
  std::vector<std::string> members(const std::string& group) const;

  /// Shape of a dataset; an Error when it is missing.
  std::vector<int64_t> shape(const std::string& name) const;
  /// Errors unless the dataset has this shape; -1 stands for any size, `axes` names the indices.
  void require_shape(const std::string& name, const std::vector<int64_t>& expected,
                     const std::vector<std::string>& axes = {}) const;
  /// Whether there is a group of this name.
  bool is_group(const std::string& name) const;
  ElementType element_type(const std::string& name) const;
  /// True when the elements are stored as whole numbers.
  bool holds_integers(const std::string& name) const;

  /// A whole dataset, first index slowest (C order). T: any element type above.
  template <typename T>
  std::vector<T> read(const std::string& name) const;
  /// Rows (first index) of a dataset into `out`, in the order given; rows may repeat. Adjacent rows
  /// are read in one go.
  template <typename T>
  void read_rows(const std::string& name, const std::vector<int64_t>& rows, T* out) const;
  /// The same, but of the last index only the places `last`, in the order given; the others are not
  /// read into memory.
  template <typename T>
  void read_rows(const std::string& name, const std::vector<int64_t>& rows,
                 const std::vector<int64_t>& last, T* out) const;
  /// A box of a dataset into `out`: `count[i]` elements from `start[i]` along each index.
  template <typename T>
  void read_block(const std::string& name, const std::vector<int64_t>& start,
                  const std::vector<int64_t>& count, T* out) const;
  /// Shape of the pieces a dataset is stored in; empty when it lies in one.
  std::vector<int64_t> chunk(const std::string& name) const;
  /// A list of strings, of fixed or variable length (MATLAB's 1 x n and n x 1 included).
  std::vector<std::string> read_strings(const std::string& name) const;
  /// Of a table of texts (row, any) those of each row that are not empty; of a list one each.
  std::vector<std::vector<std::string>> read_string_rows(const std::string& name) const;
  /// The texts of a MATLAB 7.3 cell array, or of one field of a structure array: references to
  /// arrays of UTF-16 characters. As UTF-8, in MATLAB's order.
  std::vector<std::string> read_cell_texts(const std::string& name) const;

  /// Groups on the way are created.
  template <typename T>
  void write(const std::string& name, const std::vector<int64_t>& shape, const T* data,
             const Layout& layout = {});
  template <typename T>
  void write(const std::string& name, const std::vector<T>& data) {
    write(name, {static_cast<int64_t>(data.size())}, data.data());
  }
  void write_strings(const std::string& name, const std::vector<std::string>& data);
  /// A table as wide as the longest row; shorter ones end in empty texts.
  void write_string_rows(const std::string& name,
                         const std::vector<std::vector<std::string>>& rows);
  /// A dataset of known shape to be filled by `write_rows`.
  template <typename T>
  void reserve(const std::string& name, const std::vector<int64_t>& shape, const Layout& layout);
  template <typename T>
  void write_rows(const std::string& name, int64_t first, int64_t count, const T* data);

  /// Attributes of a group or dataset ("/" for the root).
  bool has_attribute(const std::string& object, const std::string& name) const;
  std::string text_attribute(const std::string& object, const std::string& name) const;
  double number_attribute(const std::string& object, const std::string& name) const;
  void set_attribute(const std::string& object, const std::string& name, const std::string& text);
  void set_attribute(const std::string& object, const std::string& name, double number);

  /// Writes everything to the file; an Error when the disk is full.
  void flush();

 private:
  explicit File(std::filesystem::path path) : path_(std::move(path)) {}
  std::vector<std::string> read_all_strings(const std::string& name) const;
  void write_all_strings(const std::string& name, const std::vector<int64_t>& shape,
                         const std::vector<std::string>& data);

  std::filesystem::path path_;
  Id file_;
};

/// For programs, before the process's first use of HDF5 (which may be libmatio's): the library does
/// not clean up at exit. After a full disk it (1.10) would close the file a second time there and
/// crash; we close all we open.
void leave_exit_alone();

}  // namespace afterimage::hdf5
