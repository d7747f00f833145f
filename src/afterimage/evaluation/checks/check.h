#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace afterimage {

class CheckData;

/// What a check says of a decoder's reconstructions. `look`: a reader should know this before
/// believing the scores. `not_checked`: what it needs is not there.
enum class Verdict { pass, look, fail, not_checked };

/// "pass", "look", "fail", "not checked".
std::string verdict_text(Verdict verdict);

struct CheckResult {
  std::string check;  ///< its name in the table
  std::string label;
  std::string decoder;  ///< whose reconstructions
  Verdict verdict = Verdict::pass;
  std::string found;                      ///< one sentence, with the numbers
  std::string meaning;                    ///< one sentence: what follows from it
  std::map<std::string, double> figures;  ///< NaN: none
  std::vector<int64_t> rows;              ///< of the images concerned, worst first

  /// {"name", "label", "decoder", "verdict", "found", "meaning", "figures", "rows"}.
  nlohmann::json to_json() const;
  static CheckResult from_json(const nlohmann::json& json);
};

/// One way in which reconstructions are better on paper than in truth.
struct Check {
  std::string name;     ///< "leakage"
  std::string label;    ///< "Leakage"
  std::string catches;  ///< one line
  std::string misses;   ///< one line
  std::string source;   ///< whom it is after
  /// Of the decoder of this place among the reconstructions. `check`, `label` and `decoder` are
  /// filled in by run_checks.
  std::function<CheckResult(CheckData&, size_t decoder)> compute;
};

/// Every check, in the order a report shows them: the one place to add one.
const std::vector<Check>& check_table();

/// Checks by name: "all" for each, "none" for none. Errors: unknown names, with the nearest.
std::vector<const Check*> find_checks(const std::vector<std::string>& names);

/// Every check of every decoder, check by check.
std::vector<CheckResult> run_checks(const std::vector<const Check*>& checks, CheckData& data);

/// No answer, and what it would take.
CheckResult not_checked(std::string why, std::string what_to_do);

/// What these say to a user, a line each; of none, one line that nobody checked.
std::vector<std::string> check_lines(const std::vector<CheckResult>& results);

Check trained_against_check();
Check leakage_check();
Check category_check();
Check zero_shot_check();
Check recovery_check();
Check output_dimension_check();
Check null_inputs_check();
Check trivial_decoders_check();
Check single_trials_check();
Check batch_statistics_check();
Check few_images_check();

}  // namespace afterimage
