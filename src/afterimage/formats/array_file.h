#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// An array of numbers in a file of any format: .npy, .npz, MATLAB (.mat), HDF5 (.h5, .hdf5),
/// NIfTI (.nii, .nii.gz). The order of the indices is that of the program that wrote it: NumPy,
/// MATLAB, h5py, and nibabel but with the volume's number first: (t, x, y, z). Rows (first index)
/// of .npy, HDF5 and NIfTI files are read without the others.
class ArrayFile {
 public:
  virtual ~ArrayFile() = default;

  /// "FILE" or "FILE:NAME", as a user would write it.
  const std::string& where() const { return where_; }
  const std::vector<int64_t>& shape() const { return shape_; }
  /// Whether it holds whole numbers (or flags), not fractions.
  bool integers() const { return integers_; }

  /// Rows [first, first + count) as `type`: float, double, int64, uint8 or bool. Errors: values
  /// that the type cannot hold, such as 300 as uint8 (unread rows are not looked at).
  at::Tensor rows(int64_t first, int64_t count, at::ScalarType type) const {
    return part(0, first, count, type);
  }
  /// The same of any index: [first, first + count) of it, and all of the others.
  at::Tensor part(int64_t index, int64_t first, int64_t count, at::ScalarType type) const;
  /// In how many pieces of the file such a part lies; each part of many pieces goes through all of
  /// it, so that it is better read in few large parts.
  virtual int64_t pieces(int64_t) const { return 1; }
  at::Tensor read(at::ScalarType type) const;

 protected:
  explicit ArrayFile(std::string where) : where_(std::move(where)) {}
  virtual at::Tensor read_part(int64_t index, int64_t first, int64_t count,
                               at::ScalarType type) const = 0;

  std::string where_;
  std::vector<int64_t> shape_;
  bool integers_ = false;
};

/// Opens "FILE" or "FILE:NAME"; a relative path starts at `folder`. NAME may be left out where the
/// file holds one array. Errors: no such file or array (those there are listed), another format.
std::unique_ptr<ArrayFile> open_array(const std::string& text, const std::filesystem::path& folder);

/// The same array with its indices in another order, as Tensor::permute; the first stays the first.
std::unique_ptr<ArrayFile> permuted(std::unique_ptr<ArrayFile> array,
                                    const std::vector<int64_t>& order);

/// The file that "FILE" or "FILE:NAME" names.
std::filesystem::path array_path(const std::string& text, const std::filesystem::path& folder);

}  // namespace afterimage
