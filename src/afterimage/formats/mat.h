#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// A MATLAB file (v4 to v7.3, by libmatio). Arrays come out with MATLAB's own index order: element
/// (i, j) of the variable is element [i][j] of the tensor, whatever the storage.
class MatFile {
 public:
  explicit MatFile(const std::filesystem::path& path);
  ~MatFile();
  MatFile(MatFile&&) noexcept;

  std::vector<std::string> names() const;
  bool has(const std::string& name) const;
  /// A numeric or logical array with its own element type; uint16 and uint32 come out as int32 and
  /// int64. Errors: missing (the variables there are listed), not numeric, complex, cut short.
  at::Tensor read(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Writes real arrays (uint8, int32, int64, float, double) under their names, with MATLAB's index
/// order: version 5, or 7.3 when a variable takes 2 GiB or more. The caller gives atomicity
/// (Output). Errors on a full disk.
void write_mat(const std::filesystem::path& path, const std::map<std::string, at::Tensor>& arrays);

}  // namespace afterimage
