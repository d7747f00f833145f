#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace afterimage {

class MatReader;

/// A MATLAB file of version 4 to 7.3. Arrays come out with MATLAB's own index order: element (i, j)
/// of the variable is element [i][j] of the tensor, whatever the storage. A .mat file that is HDF5
/// without MATLAB's header was written by another program (h5py, hdf5storage): its arrays have the
/// order in which that program shows them.
class MatFile {
 public:
  explicit MatFile(const std::filesystem::path& path);
  ~MatFile();
  MatFile(MatFile&&) noexcept;

  std::vector<std::string> names() const;
  bool has(const std::string& name) const;
  /// A numeric or logical array with its own element type; uint16 and uint32 come out as int32 and
  /// int64. "S.R" is the field R of the structure S. Errors: missing (the variables there are
  /// listed), not numeric, complex, cut short.
  at::Tensor read(const std::string& name) const;

 private:
  std::unique_ptr<MatReader> reader_;
};

/// Writes real arrays (uint8, int32, int64, float, double) under their names, with MATLAB's index
/// order: version 5, or 7.3 when a variable takes 2 GiB or more. The caller gives atomicity
/// (Output). Errors on a full disk.
void write_mat(const std::filesystem::path& path, const std::map<std::string, at::Tensor>& arrays);

}  // namespace afterimage
