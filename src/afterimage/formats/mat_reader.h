#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

/// The two kinds of MATLAB file behind MatFile; nobody else includes this.
namespace afterimage {

class MatReader {
 public:
  virtual ~MatReader() = default;
  virtual std::vector<std::string> names() const = 0;
  virtual at::Tensor read(const std::string& name) const = 0;
};

/// Versions 4 and 5 (by libmatio).
std::unique_ptr<MatReader> open_mat_5(const std::filesystem::path& path);
/// Version 7.3, which is HDF5 (by libhdf5). MATLAB's header, or `matlab` false where there is none:
/// then another program wrote it, and its indices come as that program shows them.
std::unique_ptr<MatReader> open_mat_73(const std::filesystem::path& path, bool matlab);

/// What to say of a structure where an array is expected.
[[noreturn]] void refuse_structure(const std::string& where, const std::string& name,
                                   const std::vector<std::string>& fields);

}  // namespace afterimage
