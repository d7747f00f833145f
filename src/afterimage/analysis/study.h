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
///     summary = "what it is"               # for `list studies`
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
///     prepare.split = "cluster"           # its recording is prepared so first (prepare)
///     [variants.five-windows]
///     recording = "windows"               # another recording of the same stimuli, named below
///     [recordings]
///     windows = "windows.h5"
///     [small]                             # as [set], with --small alone
///     training.steps = 600
///
/// A plan that makes a table of a paper also says what it is, and what was printed:
///
///     [paper]
///     source = "Le et al. 2022, Tables 1 and 2"
///     needs = "their recording, ..."      # for --paper
///     rows = ["AlexNet pool2", ...]
///     metrics = ["alexnet-conv2-correlation", ...]   # of the rows; "-": none here
///     misprints = ["learned: AlexNet pool5"]
///     [printed]
///     learned = [0.4573, 1.3983, ...]     # of a variant, row by row
struct StudyPlan {
  struct Variant {
    std::string name;
    std::string config;
    std::vector<std::string> settings;  ///< "key=value"
    std::filesystem::path recording;
    std::string test = "test";         ///< the split that is reconstructed and scored
    std::vector<std::string> prepare;  ///< "key=value" of `prepare`; empty: the recording as it is
    std::vector<double> printed;       ///< in the paper, row by row; empty: it is not there
  };
  /// The table of a paper that a plan makes.
  struct Paper {
    std::string source, needs;
    std::vector<std::string> rows, metrics;
    std::vector<std::string> misprints;  ///< "VARIANT: ROW"
  };
  /// What the command line says in place of the file.
  struct Changes {
    std::vector<std::string> recordings;  ///< "FILE", the plan's; "NAME=FILE", of [recordings]
    std::string config;                   ///< of variants that name none
    std::vector<std::string> settings;    ///< "key=value", after those of [set]
    std::vector<int64_t> seeds;
    bool small = false;            ///< with the settings of [small]
    bool needs_recordings = true;  ///< else a plan may name none
  };
  std::string summary;  ///< one line, for lists
  std::vector<int64_t> seeds = {1};
  std::vector<std::string> metrics = {"all"};
  std::vector<std::string> shared;  ///< "key=value" of [set], [small] and the command line
  std::vector<Variant> variants;
  Paper paper;

  /// Errors: no recording, no variants, an unknown key, printed numbers that do not fit the rows.
  static StudyPlan read(const std::filesystem::path& path, const Changes& changes);
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
/// one seed); and a chart for each metric. Of a paper's table also that: its rows and columns, ours
/// beside the printed numbers, misprints marked.
AnalysisResult summarise_study(const StudyPlan& plan, const std::vector<StudyRun>& runs);

}  // namespace afterimage
