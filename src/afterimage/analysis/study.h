#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "afterimage/analysis/result.h"
#include "afterimage/evaluation/scores.h"

namespace afterimage {

/// Many trainings that differ in what is said of them: variants of one configuration, each with
/// several seeds (MonkeySee's ablations and regions, IRFA's feature counts). A TOML file:
///
///     recording = "recording.h5"          # paths are relative to this file
///     config = "tuned"                    # a shipped configuration, or a file
///     seeds = [1, 2, 3]
///     metrics = ["pixel-correlation"]     # of the summary; all without this line
///     [set]                               # for every variant whose decoder has the option
///     training.steps = 600
///     [variants.full]                     # nothing changed
///     [variants.no-discriminator]
///     objective.adversarial = 0
///     [variants.other-network]
///     config = "ridge"                    # another configuration altogether
///     [variants.other-images]
///     test = "shapes"                     # judged on another split than "test"
///     [variants.other-split]
///     prepare.split = "cluster"           # the recording is prepared so first (prepare)
struct StudyPlan {
  struct Variant {
    std::string name;
    std::string config;
    std::vector<std::string> settings;  ///< "key=value"
    std::string test = "test";          ///< the split that is reconstructed and scored
    std::vector<std::string> prepare;   ///< "key=value" of `prepare`; empty: the recording as it is
  };
  std::filesystem::path recording;
  std::vector<int64_t> seeds = {1};
  std::vector<std::string> metrics = {"all"};
  std::vector<std::string> shared;  ///< "key=value" of [set]
  std::vector<Variant> variants;

  /// `recording` stands in for the file's where it is named. Errors: no recording, no variants, an
  /// unknown key.
  static StudyPlan read(const std::filesystem::path& path, const std::string& recording = {});
};

/// The scores of one training of a study.
struct StudyRun {
  std::string variant;
  int64_t seed = 0;
  Scores scores;
};

/// One table: every variant and metric with its mean and standard deviation over seeds, the 95 %
/// interval over images (mean over seeds of each run's bootstrap interval), and the difference from
/// the first variant with its interval over seeds (mean +- t x standard error, Student; empty with
/// one seed); and a chart for each metric.
AnalysisResult summarise_study(const StudyPlan& plan, const std::vector<StudyRun>& runs);

}  // namespace afterimage
