#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

namespace afterimage {

/// Reconstructed images of one split, with the controls that stand beside them: what a decoder that
/// ignores the responses, that only looks up the nearest training trial, that is linear, or that is
/// fed with another image's responses makes of the same trials. One HDF5 file:
///   /stimulus (n) int64, /trials_averaged (n) int64, /images (n, H, W, 3) float32 in [0,1],
///   /controls/<name> (n, H, W, 3) float32, provenance as an attribute.
struct Reconstruction {
  std::string name;     ///< how tables and pages call it ("brain2pix")
  std::string decoder;  ///< name in the table of decoders
  std::string split;
  std::vector<int64_t> stimulus;  ///< row of the recording's stimuli
  std::vector<int64_t> trials_averaged;
  at::Tensor images;                           ///< (n, 3, H, W) float32 in [0,1]
  std::map<std::string, at::Tensor> controls;  ///< "mean", "retrieval", "ridge", "shuffled"
  nlohmann::json provenance;

  void save(const std::filesystem::path& path, bool force) const;
  static Reconstruction load(const std::filesystem::path& path);
};

}  // namespace afterimage
