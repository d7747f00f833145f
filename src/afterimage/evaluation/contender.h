#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/evaluation/evidence.h"
#include "afterimage/evaluation/scores.h"
#include "afterimage/evaluation/trainings.h"

namespace afterimage {

/// Scores to be put beside others, and what their file says besides.
struct ScoredFile {
  Scores scores;
  std::string recording;  ///< how the table calls what was recorded
  nlohmann::json checks;  ///< as in scores.json; null = none were made
};

/// How many of an evaluation's checks came out how.
struct CheckCount {
  int64_t pass = 0, look = 0, fail = 0, not_checked = 0;
  bool any() const { return pass + look + fail + not_checked > 0; }
};

/// A row of a table of decoders: one decoder or control on one recording, or several trainings of
/// one configuration that differ by their seed.
struct Contender {
  std::string name;
  bool control = false;
  std::string recording, split;
  int64_t height = 0, width = 0, stimuli = 0;
  /// Of what was shown: rows are paired where this and the size are the same. Hashes of pixels,
  /// sorted; of files without hashes something no other file has.
  std::vector<std::string> shown;
  TrainedAgainst trained_against;
  std::string configuration;
  std::vector<int64_t> seeds;  ///< of the trainings, as far as they are known
  int64_t trainings = 1;
  CheckCount checks;
  std::map<std::string, Score> scores;  ///< by metric; means over trainings
  /// By metric, with a row per stimulus in the order of `shown`. Absent where a file says too
  /// little to pair by: of one correlation over all images it has the value alone.
  std::map<std::string, Trainings> columns;

  /// Whether their scores are of the same images at the same size; else `reason` says what differs.
  bool paired_with(const Contender& other, std::string& reason) const;
  Evidence evidence(const std::string& metric) const;
};

/// The decoders of all files and, if wanted, their controls. What is the same in several files (one
/// name, the same stimuli and values) is one row.
std::vector<Contender> contenders(const std::vector<ScoredFile>& files, bool controls);

/// Makes one row of trainings of one configuration with different seeds on the same stimuli, under
/// what their names have in common.
void join_seeds(std::vector<Contender>& rows);

/// "NAME=A,B,C": makes one row of these, called NAME. Errors: not such a text, a name that no row
/// or several have, rows that are not paired.
void join_group(std::vector<Contender>& rows, const std::string& group);

/// Gives rows of one name a second one, after their recording or a number.
void tell_apart(std::vector<Contender>& rows);

}  // namespace afterimage
