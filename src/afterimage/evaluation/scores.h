#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/base/run_context.h"
#include "afterimage/decoders/reconstruction.h"
#include "afterimage/evaluation/metric.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// The scores of one set of images: a decoder's or a control's.
struct ScoredImages {
  std::string name;            ///< "brain2pix", "ridge", "shuffled (brain2pix)"
  bool control = false;
  std::vector<Score> scores;   ///< in the order of the metrics asked for
};

/// All scores of one split of one recording: what `evaluate` writes (JSON) and tables (CSV, one row
/// per set, metric and image) are made of.
struct Scores {
  std::string split;
  std::vector<int64_t> stimulus;             ///< one per image
  std::vector<std::string> stimulus_name;
  std::vector<ScoredImages> sets;
  nlohmann::json provenance;

  nlohmann::json to_json() const;
  static Scores from_json(const nlohmann::json& json, const std::string& where);
  std::string to_csv() const;
};

struct EvaluationOptions {
  std::vector<std::string> metrics = {"all"};
  int64_t bootstrap = 2000;  ///< resamples of the images for the intervals

  Fields fields();
};

/// Scores every reconstruction and its controls against the recording's images, resized to the
/// reconstructions' size. Controls that several reconstructions share (mean, retrieval, ridge) are
/// scored once. Errors: reconstructions of different splits, stimuli or sizes; stimuli the recording
/// does not have.
Scores evaluate(const std::vector<Reconstruction>& reconstructions, const Recording& recording,
                const EvaluationOptions& options, const RunContext& run);

}  // namespace afterimage
