#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/encoding/encoding_model.h"
#include "afterimage/recordings/normalisation.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// An encoding model with all that belongs to it, as a folder:
///   encoder.json            options, sensors, bins, image size, provenance
///   weights.safetensors     what was learned: weights, penalties, R2, noise (docs/encoding.md)
///   normalisation.safetensors
struct Encoder {
  EncodingOptions options;
  Sensors sensors;
  std::vector<Bin> bins;
  int64_t image_size = 64;  ///< of the images it was fitted to, pixels
  Normalisation normalisation;
  std::unique_ptr<EncodingModel> model;
  nlohmann::json provenance;

  /// (n, sensor, bin) in the units of the recording, of images (n, 3, H, W) in [0,1].
  at::Tensor predict(const at::Tensor& images) const;

  /// Whether its features are a pretrained network's: its name, or "".
  std::string network() const { return model->reads_network() ? "squeezenet" : ""; }

  /// Errors, at `where`: a recording other than the one it was fitted to (by content), or stimuli
  /// (rows) among those it was fitted to.
  void check_fits(const Recording& recording, const std::vector<int64_t>& stimuli,
                  const std::string& where) const;

  /// Into a folder that is there.
  void save(const std::filesystem::path& folder) const;
  /// Errors: no encoder, of a newer version, or parts that are missing or do not fit.
  static Encoder load(const std::filesystem::path& folder, const RunContext& run);
};

}  // namespace afterimage
