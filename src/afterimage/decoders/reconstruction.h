#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "afterimage/base/run_context.h"
#include "afterimage/decoders/trained_against.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// What a decoder makes of other responses than those it is judged by (probes.h).
struct Probe {
  std::vector<int64_t> row;  ///< of the reconstruction: whose image each of these should show
  at::Tensor images;         ///< (row, 3, H, W) uint8
};

/// Reconstructed images of one split, with the controls that stand beside them: what a decoder that
/// ignores the responses, that only looks up the nearest training trial, that is linear, or that is
/// fed with another image's responses makes of the same trials. One HDF5 file:
///   /stimulus (n) int64, /stimulus_name (n) text, /stimulus_sha256 (n) text (stimulus_hash.h),
///   /trials_averaged (n) int64, /images (n, H, W, 3) float32 in [0,1],
///   /controls/<name> (n, H, W, 3) float32, provenance as an attribute;
///   /probes/<name>/row (k) int64, /probes/<name>/images (k, H, W, 3) uint8;
/// and, as attributes, how the decoder was trained ("trained_against", "configuration", "seed").
/// Of single trials several rows show one stimulus. Files of version 0.1 lack names, hashes and
/// all that is said of the training: these are then empty.
struct Reconstruction {
  std::string name;     ///< how tables and pages call it ("brain2pix")
  std::string decoder;  ///< name in the table of decoders
  std::string split;
  std::string train_split;         ///< what the decoder learned from; "" = unknown
  TrainedAgainst trained_against;  ///< networks that judged its fit; nothing = unknown
  /// SHA-256 of every option and input of the training but its seed: what differs by the seed
  /// alone has the same; "" = unknown.
  std::string configuration;
  std::optional<int64_t> seed;
  std::vector<int64_t> stimulus;                            ///< row of the recording's stimuli
  std::vector<std::string> stimulus_name, stimulus_sha256;  ///< of each row; empty = unknown
  std::vector<int64_t> trials_averaged;
  at::Tensor images;                           ///< (n, 3, H, W) float32 in [0,1]
  std::map<std::string, at::Tensor> controls;  ///< "mean", "retrieval", "ridge", "shuffled"
  std::map<std::string, Probe> probes;         ///< for the checks; absent ones were not made
  std::optional<double> batch_difference;      ///< of a sample alone and in a batch; see probes.h
  nlohmann::json provenance;

  void save(const std::filesystem::path& path, bool force) const;
  static Reconstruction load(const std::filesystem::path& path);

  /// Takes the rows' stimuli, with their names and hashes, from the recording they were shown in.
  void show(const Recording& recording, std::vector<int64_t> stimuli,
            const RunContext& run = RunContext());
};

/// The stimuli of a reconstruction's rows by content, as far as is known: their hashes, or else
/// their rows as text.
std::vector<std::string> stimulus_identity(const Reconstruction& reconstruction);

/// Refuses a recording whose stimuli are not those that were reconstructed: it lacks one, or one
/// has another name or other pixels (files without names and hashes: by row only).
void check_shown_in(const Reconstruction& reconstruction, const Recording& recording,
                    const RunContext& run = RunContext());

}  // namespace afterimage
