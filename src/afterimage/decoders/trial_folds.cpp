#include "afterimage/decoders/trial_folds.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/regression/folds.h"

namespace afterimage {
namespace {

size_t index(int64_t row) { return static_cast<size_t>(row); }

/// The group a trial belongs to.
std::string group_of(const RecordingInfo& info, int64_t trial, const std::string& by,
                     const std::string& where) {
  const auto stimulus = index(info.trials.stimulus[index(trial)]);
  if (by == "block") return std::to_string(info.trials.block[index(trial)]);
  if (by == "source" && !info.stimulus_source[stimulus].empty()) {
    return info.stimulus_source[stimulus];
  }
  if (by != "category") return info.stimulus_name[stimulus];
  if (info.stimulus_category.empty()) {
    throw Error(where, "its stimuli have no categories", "Use --by stimulus, source or block");
  }
  if (info.stimulus_category[stimulus].empty()) {
    throw Error(where, concat("stimulus '", info.stimulus_name[stimulus], "' has no category"),
                "Give each one, or use --by stimulus, source or block");
  }
  return info.stimulus_category[stimulus];
}

int64_t count_of(const std::string& folds, int64_t groups, const std::string& by,
                 const std::string& where) {
  if (groups < 2) {
    throw Error(where, concat("all trials are of one ", by), "Cross-validation wants two or more");
  }
  if (folds == "all") return groups;
  int64_t count = 0;
  const auto* end = folds.data() + folds.size();
  if (const auto [last, failed] = std::from_chars(folds.data(), end, count);
      failed != std::errc() || last != end || count < 2) {
    throw Error("--folds", concat("'", folds, "' is no number of folds"),
                "Give a whole number from 2, or all: each group once");
  }
  if (count <= groups) return count;
  throw Error("--folds", concat("is ", count, ", and ", where, " has ", groups, " groups by ", by),
              concat("Give ", groups, " or fewer, or all"));
}

}  // namespace

std::vector<int64_t> trials_of_splits(const RecordingInfo& info,
                                      const std::vector<std::string>& splits,
                                      const std::string& where) {
  std::vector<int64_t> trials;
  for (const auto& split : splits) {
    const auto more = info.trials_of(split, where);
    trials.insert(trials.end(), more.begin(), more.end());
  }
  if (splits.empty()) {
    for (int64_t t = 0; t < info.trials.count(); ++t) {
      if (!info.trials.split[static_cast<size_t>(t)].empty()) trials.push_back(t);
    }
  }
  if (trials.empty()) throw Error(where, "no trial has a split", "Name one in trials/split");
  std::sort(trials.begin(), trials.end());
  trials.erase(std::unique(trials.begin(), trials.end()), trials.end());
  return trials;
}

std::vector<TrialFold> trial_folds(const RecordingInfo& info, const std::vector<int64_t>& trials,
                                   const std::string& by, const std::string& folds,
                                   at::Generator generator, const std::string& where) {
  std::vector<std::string> group;
  for (const auto trial : trials) group.push_back(group_of(info, trial, by, where));
  const std::set<std::string> distinct(group.begin(), group.end());
  const auto count = count_of(folds, std::ssize(distinct), by, where);
  const auto fold_of = grouped_folds(group, count, std::move(generator));

  std::vector<TrialFold> result(index(count));
  for (int64_t f = 0; f < count; ++f) {
    auto& fold = result[index(f)];
    std::set<int64_t> tested;
    for (size_t i = 0; i < trials.size(); ++i) {
      if (fold_of[i] != f) continue;
      fold.test.push_back(trials[i]);
      tested.insert(info.trials.stimulus[index(trials[i])]);
    }
    for (size_t i = 0; i < trials.size(); ++i) {
      if (fold_of[i] == f) continue;
      if (tested.contains(info.trials.stimulus[index(trials[i])])) {
        ++fold.left_out;
      } else {
        fold.train.push_back(trials[i]);
      }
    }
    if (!fold.train.empty()) continue;
    throw Error(where,
                concat("every stimulus is shown in fold ", f + 1, " of ", count, " by ", by,
                       ", and none is left to learn from"),
                "Use --by stimulus, or more folds");
  }
  return result;
}

int64_t stimuli_sharing_sources(const RecordingInfo& info, const std::vector<TrialFold>& folds) {
  std::set<int64_t> sharing;
  for (const auto& fold : folds) {
    std::set<std::string> learned;
    for (const auto trial : fold.train) {
      learned.insert(info.stimulus_source[index(info.trials.stimulus[index(trial)])]);
    }
    learned.erase("");
    for (const auto trial : fold.test) {
      const auto stimulus = info.trials.stimulus[index(trial)];
      if (learned.contains(info.stimulus_source[index(stimulus)])) sharing.insert(stimulus);
    }
  }
  return std::ssize(sharing);
}

}  // namespace afterimage
