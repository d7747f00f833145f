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
  std::string name;  ///< "brain2pix", "ridge", "shuffled (brain2pix)"
  bool control = false;
  std::vector<Score> scores;  ///< in the order of the metrics asked for
};

/// Whether a decoder differs from a control or another decoder by one metric (statistics.h).
struct Comparison {
  std::string first, second;  ///< names of sets; the first is a decoder
  std::string metric;
  double difference = 0;     ///< first minus second
  double low = 0, high = 0;  ///< 95 % bootstrap interval over images
  double p = 1;              ///< two-sided, by exchanging images between the sets
  double q = 1;              ///< p adjusted over all comparisons (Benjamini-Hochberg)
};

/// All scores of one split of one recording: what `evaluate` writes (JSON) and tables (CSV, one row
/// per set, metric and image) are made of.
struct Scores {
  std::string split;
  std::vector<int64_t> stimulus;  ///< one per image
  std::vector<std::string> stimulus_name;
  std::vector<ScoredImages> sets;
  std::vector<Comparison> comparisons;
  nlohmann::json provenance;

  /// {"format": "afterimage-scores", "version", "split", "images", "metrics" (definitions), "sets",
  /// "comparisons", "provenance"}.
  nlohmann::json to_json() const;
  /// Errors: not such a file, a newer version, missing or misshaped parts.
  static Scores from_json(const nlohmann::json& json, const std::string& where);
  /// Columns set, control, metric, stimulus, name, value, low, high, not_computed. The row of a
  /// whole set has an empty stimulus and name; rows of single images have no interval.
  std::string to_csv() const;
};

struct EvaluationOptions {
  std::vector<std::string> metrics = {"all"};
  int64_t bootstrap = 2000;  ///< resamples of the images for the intervals and p values

  Fields fields();
};

/// Scores every reconstruction and its controls against the recording's images, resized to the
/// reconstructions' size. Controls that several reconstructions share (mean, retrieval, ridge) are
/// scored once; a control that is a reconstruction of its own is not scored again. Every
/// reconstruction is compared with its controls and with the reconstructions after it, per metric.
/// Errors: no reconstruction, two of one name, or of different splits, stimuli or sizes; stimuli
/// the recording does not have.
Scores evaluate(const std::vector<Reconstruction>& reconstructions, const Recording& recording,
                const EvaluationOptions& options, const RunContext& run);

}  // namespace afterimage
