#pragma once

#include <filesystem>
#include <string>

#include "afterimage/base/run_context.h"
#include "afterimage/decoders/decoder.h"

namespace afterimage {

/// Fitted controls of a model, kept beside it for the next reconstruction: one file
/// NAME.safetensors each. A file is used only if it was fitted to the same samples (their
/// fingerprint, not their path) with the same options, seed and program; what cannot be read, or
/// not be written, is as if it were not there. Files are put in place whole, so several programs
/// may use one folder.
class ControlCache {
 public:
  /// No folder: nothing is kept.
  explicit ControlCache(std::filesystem::path folder = {}) : folder_(std::move(folder)) {}

  /// Fits the control, which is built, to the samples, or loads what was fitted before.
  void fit(Decoder& control, const std::string& name, const SampleSource& train,
           const RunContext& run) const;

 private:
  bool load(Decoder& control, const std::string& name, const std::string& key) const;
  void save(const Decoder& control, const std::string& name, const std::string& key) const;

  std::filesystem::path folder_;
};

}  // namespace afterimage
