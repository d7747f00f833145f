#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// A NIfTI-1 or NIfTI-2 image (.nii, .nii.gz, .hdr with .img; header by libnifti) of one volume
/// (x, y, z) or a series of them. Files store x fastest; tensors have the index order of nibabel,
/// [x][y][z], with the volume's number before it: voxel v of a mask is the v-th true element of
/// mask[x, y, z] with z fastest. Use by one thread at a time.
class NiftiFile {
 public:
  /// Errors: missing, no NIfTI, colours or complex numbers, fewer numbers than the header says.
  explicit NiftiFile(const std::filesystem::path& path);
  ~NiftiFile();
  NiftiFile(NiftiFile&&) noexcept;

  int64_t volumes() const;
  /// (x, y, z) of one volume.
  const std::vector<int64_t>& volume_shape() const;
  /// Whether `read` gives whole numbers.
  bool integers() const;
  /// (n, x, y, z) of volumes [first, first + n): float32 with the header's slope and intercept
  /// applied (NaN stays NaN), or whole numbers as stored where there is neither. Cheapest in order:
  /// a compressed file is read from its start again to go back.
  at::Tensor read(int64_t first, int64_t count) const;
  /// (x, y, z) of a file of one volume.
  at::Tensor read_volume() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Writes a series of volumes (n, x, y, z), float32, in the space of another file: its header with
/// orientation and voxel size. A path that ends in .gz is compressed. Errors: another shape than
/// its volumes have; a disk that is full.
void write_nifti(const std::filesystem::path& path, const std::filesystem::path& like,
                 const at::Tensor& volumes);

}  // namespace afterimage
