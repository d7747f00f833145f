#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/base/run_context.h"
#include "afterimage/decoders/reconstruction.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/metric.h"
#include "afterimage/recordings/leakage.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// The scores of one set of images: a decoder's or a control's.
struct ScoredImages {
  std::string name;  ///< "brain2pix", "ridge", "shuffled (brain2pix)"
  bool control = false;
  std::vector<Score> scores;            ///< in the order of the metrics asked for
  TrainedAgainst trained_against = {};  ///< networks of which a score is no evidence (evidence.h)
  std::string configuration = {};       ///< of a decoder: what trainings that differ by their seed
  std::optional<int64_t> seed = {};     ///< alone share, and the seed (Reconstruction)
};

/// Whether a decoder differs from a control or another decoder by one metric (statistics.h).
struct Comparison {
  std::string first, second;  ///< names of sets; the first is a decoder
  std::string metric;
  double difference = 0;     ///< first minus second
  double low = 0, high = 0;  ///< 95 % bootstrap interval over stimuli
  double p = 1;              ///< two-sided, by exchanging stimuli between the sets
  double q = 1;              ///< p adjusted over all comparisons (Benjamini-Hochberg)
};

/// All scores of one split of one recording: what `evaluate` writes (JSON) and its tables (CSV) are
/// made of. Files of version 0.1 lack the image size, hashes, leakage and what a decoder was
/// trained against: 0, empty or unknown then.
struct Scores {
  std::string split;
  int64_t height = 0, width = 0;  ///< of the images scored, pixels: scores depend on it
  std::vector<int64_t> stimulus;  ///< one per row; of single trials several rows show one
  std::vector<std::string> stimulus_name, stimulus_sha256;  ///< of each row (stimulus_hash.h)
  int64_t stimuli = 0;  ///< how many different ones: what intervals and chance levels count
  /// What the split shares with those the decoders learned from (leakage.h), a pair for each.
  std::vector<SharedStimuli> leakage;
  std::vector<ScoredImages> sets;
  std::vector<Comparison> comparisons;
  std::vector<CheckResult> checks;  ///< none: nobody checked
  nlohmann::json human = nullptr;   ///< what people said (Judgement::to_json); null = not asked
  nlohmann::json provenance;

  /// {"format": "afterimage-scores", "version", "split", "image_size": [height, width], "stimuli",
  /// "images": [{"stimulus", "repeat", "name", "sha256"}] (rows), "leakage", "metrics"
  /// (definitions), "statistics" (what intervals and p are), "sets", "comparisons", "checks",
  /// "summary" (evidence.h), "human" (judgement.h), "provenance"}.
  nlohmann::json to_json() const;
  /// Errors: not such a file, a newer version, missing or misshaped parts.
  static Scores from_json(const nlohmann::json& json, const std::string& where);
  /// A row per set and metric: set, control, metric, value, low, high, not_computed,
  /// trained_against (yes, no or unknown).
  std::string to_csv() const;
  /// A row per set, metric and image: set, control, metric, stimulus, repeat, name, value. Metrics
  /// of the whole set have no values of single images.
  std::string images_to_csv() const;
};

/// Refuses scores of other images than a reconstruction's: other rows or, where both know them,
/// other pixels.
void check_scores(const Scores& scores, const Reconstruction& reconstruction);

/// Refuses reconstructions that cannot be judged together: none, two of one name, of different
/// splits, stimuli or sizes, or of another recording (check_shown_in).
void check_alike(const std::vector<Reconstruction>& all, const Recording& recording,
                 const RunContext& run);

/// The images shown, at the reconstruction's size: (n, 3, H, W) float32 in [0,1].
at::Tensor true_images(const Recording& recording, const Reconstruction& reconstruction);

struct EvaluationOptions {
  std::vector<std::string> metrics = {"all"};
  int64_t bootstrap = 2000;  ///< resamples of the images for the intervals and p values
  std::vector<std::string> checks = {"all"};  ///< by name, or none
  std::string encoder = {};                   ///< folder of an encoding model (brain_responses.h)
  std::vector<std::string> human = {};        ///< files of answers that people gave (judgement.h)

  Options options();
};

/// Scores every reconstruction and its controls against the recording's images, resized to the
/// reconstructions' size. Controls that several reconstructions share (mean, retrieval, ridge) are
/// scored once; a control that is a reconstruction of its own is not scored again. Every
/// reconstruction is compared with its controls and with the reconstructions after it, per metric.
/// Rows that show one picture (equal pixels) are one stimulus: each counts alike whatever its
/// number of rows, and is drawn, exchanged and identified as one.
/// Errors: no reconstruction, two of one name, or of different splits, stimuli or sizes; another
/// recording than the reconstructed one (check_shown_in).
Scores evaluate(const std::vector<Reconstruction>& reconstructions, const Recording& recording,
                const EvaluationOptions& options, const RunContext& run);

}  // namespace afterimage
