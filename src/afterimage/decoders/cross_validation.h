#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/base/config.h"
#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/decoders/probes.h"
#include "afterimage/decoders/reconstruction.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

struct CrossValidationOptions {
  std::string by = "stimulus";     ///< what never straddles folds (trial_folds)
  std::string folds = "10";        ///< or "all": each group is tested once
  std::vector<std::string> split;  ///< whose trials take part; none: every trial with a split
  bool average_repeats = true;     ///< of a tested stimulus, within its fold
  std::vector<std::string> controls = {"mean", "retrieval", "ridge", "shuffled"};
  int64_t batch = 32;
  ProbeOptions probing;  ///< of each fold, for the checks of an evaluation

  Options options();
};

/// Where a cross-validation keeps its folds until all are done, so that it can be resumed, and
/// where their models go.
struct CrossValidationFiles {
  std::filesystem::path folder;  ///< of the finished folds; removed by who has saved the result
  std::filesystem::path models;  ///< a folder of a model per fold ("fold-03"); empty: none is kept
  bool resume = false;           ///< takes what `folder` has of the same folds
  bool force = false;            ///< begins anew where an unfinished run is there
};

/// Trains what the configuration names once per fold and reconstructs the fold it has not seen: one
/// reconstruction of all tested stimuli, in the recording's order, with split "cross-validation".
/// Normalisation, decoder and the controls mean, retrieval and ridge see the fold's training trials
/// only. The shuffled control is what the same decoders made of another stimulus of the same fold
/// (of another fold, where each has one stimulus).
///
/// One fold is in memory at a time, and the images of all. `provenance` becomes the result's, and
/// its input hashes decide what a resumed run may take. Errors: as for Model::train and
/// trial_folds; an unfinished run in `files.folder` (without `resume` or `force`). Interrupted:
/// what is finished stays there.
Reconstruction cross_validate(const Config& config, const Recording& recording,
                              const CrossValidationOptions& options,
                              const CrossValidationFiles& files, const RunContext& run,
                              const nlohmann::json& provenance);

}  // namespace afterimage
