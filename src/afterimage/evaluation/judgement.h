#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/evaluation/image_sets.h"

namespace afterimage {

/// People as judges: which of two reconstructions is nearer to the image? They are not told which
/// decoder made which (two-alternative forced choice). Among the questions are attention checks:
/// one of the two is the image itself.
///
/// Which questions are asked follows from the images and a seed, so that answers need not say what
/// they are about: who has the reconstructions asks the same again and knows. A file of answers is
///   {"format": "afterimage-answers", "version": 1, "id", "seed", "trials", "sets": [hash, ...],
///    "rater", "answers": [{"trial", "choice": "left" or "right", "seconds"}]}.
struct JudgementOptions {
  int64_t trials = 120;  ///< questions, attention checks aside; 0 = every image by every pair

  Options options();
};

/// One question. Images are those of row `row`; an attention check has the true image on one side.
struct JudgedTrial {
  static constexpr int64_t truth = -1;  ///< in place of a set
  int64_t row = 0;
  int64_t left = 0, right = 0;  ///< places of sets in `sets`

  bool attention() const { return left == truth || right == truth; }
};

struct JudgementPlan {
  std::string id;                 ///< of everything that is asked
  std::vector<std::string> sets;  ///< hashes of their images, sorted
  std::vector<size_t> place;      ///< of each of them among the image sets given
  std::vector<JudgedTrial> trials;
};

/// The questions on these sets of images: each pair of sets has as many, their images, order and
/// sides are random, and one in twelve is an attention check (at least two). Sets with the same
/// images are one. Errors: fewer than two different sets.
JudgementPlan plan_judgement(const std::vector<ImageSet>& sets, const JudgementOptions& options,
                             const RunContext& run);

/// What the page puts into a file of answers, for `rater` and `answers` to be added.
nlohmann::json answers_head(const JudgementPlan& plan, const JudgementOptions& options,
                            const RunContext& run);

/// How often people chose the first of two sets.
struct Preference {
  std::string first, second;
  double share = 0.5;        ///< mean over raters of the share of their answers
  double low = 0, high = 1;  ///< 95 %, over images and, of several raters, raters
  double p = 1;              ///< against .5, exchanging the two sets by image
  double q = 1;              ///< adjusted over all pairs
  int64_t answers = 0, images = 0, raters = 0;
};

struct Rater {
  std::string name;
  int64_t answers = 0, attention = 0, attentive = 0;  ///< checks answered, and rightly
  bool counted = true;                                ///< at least four of five checks right
};

struct Judgement {
  std::vector<Preference> preferences;
  std::vector<Rater> raters;

  nlohmann::json to_json() const;
  /// One line for each pair, and one for raters that do not count.
  static std::vector<std::string> lines(const nlohmann::json& judgement);
};

/// The answers of files of one or several raters on these sets. `identity`: of each row's stimulus.
/// Errors, at the file's name: none of ours, or answers on other images.
Judgement judge(const std::vector<std::pair<std::string, nlohmann::json>>& files,
                const std::vector<ImageSet>& sets, const std::vector<std::string>& identity,
                int64_t bootstrap, const RunContext& run);

}  // namespace afterimage
