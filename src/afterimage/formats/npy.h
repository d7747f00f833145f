#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/formats/raw_array.h"

namespace afterimage {

/// What the header of a .npy file says (NumPy Enhancement Proposal 1, versions 1 to 3).
struct NpyHeader : RawArray {
  int64_t data_start = 0;  ///< bytes before the numbers
};

/// Reads the header of `file_bytes` bytes; `take(n)` gives the next n of them. Errors: no npy file,
/// a newer version, objects, text, complex or structured elements, more numbers than bytes.
NpyHeader read_npy_header(const std::function<std::string(size_t)>& take, uint64_t file_bytes,
                          const std::string& where);

/// One array in a .npy file (by numpy.save), whose rows can be read without the others. Elements
/// come out with their own type, uint16 as int32, uint32 and uint64 as int64 (refused where it does
/// not fit), byte order and index order put right: element [i][j] is array[i, j].
class NpyFile {
 public:
  /// Errors: missing, truncated, longer than its header says, elements that are no numbers.
  explicit NpyFile(const std::filesystem::path& path);

  const std::vector<int64_t>& shape() const { return header_.shape; }
  /// The type that `read` gives.
  at::ScalarType type() const;
  at::Tensor read() const;
  /// [first, first + count) of one index, by default the first (rows); no more than that is read.
  at::Tensor rows(int64_t first, int64_t count, int64_t index = 0) const;
  /// In how many pieces of the file they lie: 1 for rows of an array in C order.
  int64_t pieces(int64_t index = 0) const;

 private:
  int64_t elements_between(size_t begin, size_t end) const;

  std::string where_;
  NpyHeader header_;
  mutable std::ifstream file_;
};

/// Names of the arrays of a .npz file (by numpy.savez or savez_compressed), without ".npy".
std::vector<std::string> npz_names(const std::filesystem::path& path);

/// One array of a .npz file. Errors: as NpyFile, and no such array (those there are listed).
at::Tensor read_npz(const std::filesystem::path& path, const std::string& name);

/// Writes a .npy file (version 1, C order) row by row; the caller gives atomicity (Output).
class NpyWriter {
 public:
  NpyWriter(const std::filesystem::path& path, at::ScalarType type,
            const std::vector<int64_t>& shape);
  /// The next rows, of the type and row shape announced.
  void append(const at::Tensor& rows);
  /// Errors on a full disk.
  void finish();

 private:
  std::filesystem::path path_;
  at::ScalarType type_;
  int64_t missing_;  // elements
  std::ofstream file_;
};

void write_npy(const std::filesystem::path& path, const at::Tensor& array);

}  // namespace afterimage
