#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"

namespace afterimage {

/// A simulated experiment: which brain, which stimuli, how noisy. docs/simulator.md describes the
/// model and gives the source of each of its constants.
struct SimulatorOptions {
  std::string preset = "tvsd";
  std::string coverage = "stimulus";
  double magnification = 0.5;
  double fixation_x = 0.5, fixation_y = 0.5;
  double scale = 1;
  bool hide_fields = false;
  std::string signals = "areas";

  int64_t image_size = 64;
  int64_t train_trials = 2400;
  int64_t test_images = 100;
  int64_t test_repeats = 10;
  int64_t shapes = 0;
  std::string other;
  bool skip_bad = false;

  std::string bins = "window";
  bool pre_stimulus = false;
  double snr = 2;
  double snr_spread = 0.4;
  double gain_share = 0.1;
  double noise_correlation = 0.2;
  int64_t blocks = 4;
  double drift = 0.3;

  Options options();
};

/// What a simulation made, for the user to read.
struct SimulationSummary {
  int64_t sensors = 0, trials = 0;
  int64_t train_stimuli = 0, test_stimuli = 0;
  int64_t train_photographs = 0, test_photographs = 0;
  std::vector<std::string> skipped;  ///< photographs that could not be read (skip_bad)
  std::string note;                  ///< why there are fewer test images than asked for; "" if not
};

/// Writes the recording that an observer with simulated sensors would give of the photographs in
/// `folder` (with subfolders train/ and test/, and perhaps val/, which joins the training; or
/// without subfolders). No photograph is used in both splits. Artificial shapes and the photographs
/// of another folder are tested apart, as the splits "shapes" and "other". The truth (fields,
/// weights, noise) is stored beside the data. Equal options, photographs, seed and thread count
/// give equal contents.
///
/// Errors: fewer than two photographs, a photograph that cannot be read (unless skip_bad), values
/// out of range, an output that exists (unless `force`). Interrupted: nothing is left behind.
SimulationSummary simulate(SimulatorOptions options, const std::filesystem::path& folder,
                           const std::filesystem::path& out, bool force, const RunContext& run,
                           const nlohmann::json& provenance);

}  // namespace afterimage
