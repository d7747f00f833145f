#include "afterimage/recordings/leakage.h"

#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "afterimage/base/text.h"
#include "afterimage/recordings/stimulus_hash.h"

namespace afterimage {
namespace {

using Hashes = std::unordered_map<int64_t, std::string>;  // by stimulus

/// One split's stimuli, to be asked for.
struct Shown {
  std::vector<int64_t> stimuli;
  std::vector<std::string> hashes;  // of each
  std::unordered_set<int64_t> rows;
  std::unordered_set<std::string> pixels, sources;
};

Shown shown_in(const RecordingInfo& info, const std::string& split, const Hashes& hashes) {
  Shown shown;
  shown.stimuli = stimuli_of(info, split);
  for (const int64_t row : shown.stimuli) {
    shown.rows.insert(row);
    shown.hashes.push_back(hashes.at(row));
    shown.pixels.insert(hashes.at(row));
    const std::string& source = info.stimulus_source[static_cast<size_t>(row)];
    if (!source.empty()) shown.sources.insert(source);
  }
  return shown;
}

std::map<std::string, Shown> shown_in_each(const Recording& recording,
                                           const std::vector<std::string>& splits,
                                           const RunContext& run) {
  const RecordingInfo& info = recording.info();
  std::set<int64_t> rows;
  for (const auto& split : splits) {
    info.trials_of(split, recording.path().string());  // refuses one that is not there
    for (const int64_t row : stimuli_of(info, split)) rows.insert(row);
  }
  const std::vector<int64_t> list(rows.begin(), rows.end());
  const auto values = stimulus_hashes(recording, list, run);
  Hashes hashes;
  for (size_t i = 0; i < list.size(); ++i) hashes[list[i]] = values[i];
  std::map<std::string, Shown> shown;
  for (const auto& split : splits) shown[split] = shown_in(info, split, hashes);
  return shown;
}

SharedStimuli compare(const RecordingInfo& info, const std::map<std::string, Shown>& shown,
                      const std::string& train, const std::string& test) {
  const Shown &learned = shown.at(train), &judged = shown.at(test);
  SharedStimuli shared{train, test, std::ssize(judged.stimuli), {}, {}, {}};
  for (size_t i = 0; i < judged.stimuli.size(); ++i) {
    const int64_t row = judged.stimuli[i];
    if (learned.rows.contains(row)) {
      shared.rows.push_back(row);
    } else if (learned.pixels.contains(judged.hashes[i])) {
      shared.pixels.push_back(row);
    } else if (learned.sources.contains(info.stimulus_source[static_cast<size_t>(row)])) {
      shared.sources.push_back(row);
    }
  }
  return shared;
}

}  // namespace

std::string SharedStimuli::text() const {
  if (count() == 0) return "";
  std::vector<std::string> parts;
  const auto add = [&parts](const std::vector<int64_t>& list, const char* how) {
    if (!list.empty()) parts.push_back(concat(list.size(), how));
  };
  add(rows, " the same stimulus");
  add(pixels, " with equal pixels");
  add(sources, " cut from the same source");
  return concat(count(), " of the ", tested, " stimuli of '", test, "' are in '", train, "' too (",
                join(parts), "): scores will be too good");
}

nlohmann::json SharedStimuli::to_json() const {
  return {{"train", train}, {"test", test},     {"tested", tested},
          {"rows", rows},   {"pixels", pixels}, {"sources", sources}};
}

SharedStimuli SharedStimuli::from_json(const nlohmann::json& json) {
  return {json.at("train").get<std::string>(),
          json.at("test").get<std::string>(),
          json.at("tested").get<int64_t>(),
          json.at("rows").get<std::vector<int64_t>>(),
          json.at("pixels").get<std::vector<int64_t>>(),
          json.at("sources").get<std::vector<int64_t>>()};
}

std::vector<int64_t> stimuli_of(const RecordingInfo& info, const std::string& split) {
  std::set<int64_t> rows;
  for (size_t t = 0; t < info.trials.stimulus.size(); ++t) {
    if (info.trials.split[t] == split) rows.insert(info.trials.stimulus[t]);
  }
  return {rows.begin(), rows.end()};
}

SharedStimuli shared_stimuli(const Recording& recording, const std::string& train,
                             const std::string& test, const RunContext& run) {
  return compare(recording.info(), shown_in_each(recording, {train, test}, run), train, test);
}

std::vector<SharedStimuli> shared_stimuli(const Recording& recording, const std::string& train,
                                          const RunContext& run) {
  auto splits = recording.info().splits();
  std::erase(splits, train);
  auto all = splits;
  all.push_back(train);
  const auto shown = shown_in_each(recording, all, run);
  std::vector<SharedStimuli> pairs;
  for (const auto& split : splits) pairs.push_back(compare(recording.info(), shown, train, split));
  return pairs;
}

std::vector<SharedStimuli> shared_stimuli(const Recording& recording, const RunContext& run) {
  const RecordingInfo& info = recording.info();
  const auto splits = info.splits();
  if (splits.size() < 2) return {};
  const auto shown = shown_in_each(recording, splits, run);
  std::vector<SharedStimuli> pairs;
  for (size_t i = 0; i < splits.size(); ++i) {
    for (size_t j = i + 1; j < splits.size(); ++j) {
      const bool turned = splits[j] == "train";
      const auto &train = splits[turned ? j : i], &test = splits[turned ? i : j];
      pairs.push_back(compare(info, shown, train, test));
    }
  }
  return pairs;
}

std::vector<std::string> leakage_lines(const std::vector<SharedStimuli>& pairs) {
  std::vector<std::string> lines;
  std::set<std::string> splits;
  constexpr size_t most = 3;
  size_t more = 0;
  for (const auto& pair : pairs) {
    splits.insert(pair.train);
    splits.insert(pair.test);
    if (pair.count() == 0) continue;
    if (lines.size() < most) {
      lines.push_back(pair.text());
    } else {
      ++more;
    }
  }
  if (more > 0) lines.push_back(concat(more, " more pairs of splits share stimuli"));
  if (!lines.empty() || pairs.empty()) return lines;
  if (splits.size() == 2) {
    return {concat(pairs.front().train, " and ", pairs.front().test, " share no stimulus")};
  }
  return {concat("no two of the ", splits.size(), " splits share a stimulus")};
}

}  // namespace afterimage
