#include "afterimage/evaluation/contender.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "afterimage/base/text.h"
#include "afterimage/recordings/stimulus_hash.h"

namespace afterimage {
namespace {

using Names = std::vector<std::string>;

/// The stimuli of a file: which each row shows, what identifies them, and in which order `shown`
/// has them.
struct Shown {
  Stimuli stimuli{1};
  Names identity;    // sorted
  at::Tensor order;  // places of the stimuli in sorted order
};

Shown shown_in(const Scores& scores, size_t file) {
  Names rows = scores.stimulus_sha256;
  if (rows.empty()) {
    for (const auto row : scores.stimulus) rows.push_back(concat("file ", file, ", row ", row));
  }
  Shown shown;
  shown.stimuli = Stimuli(numbered_by_first(rows));
  std::vector<int64_t> order(static_cast<size_t>(shown.stimuli.count()));
  std::iota(order.begin(), order.end(), 0);
  const auto* first = shown.stimuli.first_row().const_data_ptr<int64_t>();
  const auto hash = [&](int64_t stimulus) -> const std::string& {
    return rows[static_cast<size_t>(first[stimulus])];
  };
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return hash(a) < hash(b); });
  for (const auto stimulus : order) shown.identity.push_back(hash(stimulus));
  shown.order = at::tensor(order, at::kLong);
  return shown;
}

/// What resampling adds up: as evaluated, or from the values of single images in a file.
at::Tensor columns_of(const Score& score, const Shown& shown) {
  if (score.columns.defined() && score.columns.size(0) == 0) return {};  // of the whole set alone
  if (score.columns.defined()) return score.columns.index_select(0, shown.order);
  if (score.per_image.empty()) return {};
  const auto rows = at::tensor(score.per_image, at::kDouble).unsqueeze(1);
  const auto values = shown.stimuli.mean(rows).index_select(0, shown.order).squeeze(1);
  return at::stack({values, at::ones_like(values)}, 1);
}

CheckCount count_checks(const nlohmann::json& checks, const std::string& decoder) {
  CheckCount count;
  if (!checks.is_array()) return count;
  for (const auto& check : checks) {
    if (!check.is_object() || check.value("decoder", decoder) != decoder) continue;
    const auto verdict = check.value("verdict", "");
    if (verdict == "pass") ++count.pass;
    if (verdict == "look") ++count.look;
    if (verdict == "fail") ++count.fail;
    if (verdict == "not checked") ++count.not_checked;
  }
  return count;
}

/// Whether two rows are scores of the same images, by the metrics that both have: at least one of
/// them, unless both are known to come from the same training.
bool same_images(const Contender& a, const Contender& b) {
  if (a.name != b.name || a.shown != b.shown || a.height != b.height || a.width != b.width) {
    return false;
  }
  int64_t shared = 0;
  for (const auto& [metric, score] : a.scores) {
    const auto other = b.scores.find(metric);
    if (other == b.scores.end() || !score.not_computed.empty() ||
        !other->second.not_computed.empty()) {
      continue;
    }
    if (std::abs(score.value - other->second.value) >= 1e-9) return false;
    ++shared;
  }
  return shared > 0 ||
         (!a.configuration.empty() && a.configuration == b.configuration && a.seeds == b.seeds);
}

/// Adds what `more` was scored by besides.
void take_over(Contender& row, const Contender& more) {
  for (const auto& [metric, score] : more.scores) {
    const auto [own, added] = row.scores.emplace(metric, score);
    if (!added && !own->second.not_computed.empty()) own->second = score;
  }
  for (const auto& [metric, columns] : more.columns) row.columns.emplace(metric, columns);
}

Contender contender(const ScoredFile& file, const ScoredImages& set, const Shown& shown) {
  Contender row{.name = set.name,
                .control = set.control,
                .recording = file.recording,
                .split = file.scores.split,
                .height = file.scores.height,
                .width = file.scores.width,
                .stimuli = shown.stimuli.count(),
                .shown = shown.identity,
                .trained_against = set.trained_against,
                .configuration = set.configuration,
                .seeds = {},
                .checks = count_checks(file.checks, set.name),
                .scores = {},
                .columns = {}};
  if (set.seed) row.seeds = {*set.seed};
  for (const auto& score : set.scores) {
    row.scores[score.metric] = score;
    const auto columns = score.not_computed.empty() ? columns_of(score, shown) : at::Tensor();
    if (columns.defined()) row.columns[score.metric] = {columns};
  }
  return row;
}

}  // namespace

bool Contender::paired_with(const Contender& other, std::string& reason) const {
  if (shown != other.shown) {
    std::vector<std::string> shared;
    std::set_intersection(shown.begin(), shown.end(), other.shown.begin(), other.shown.end(),
                          std::back_inserter(shared));
    reason = shared.empty() ? "other stimuli"
                            : concat("other stimuli (", shared.size(), " of ", stimuli, " and ",
                                     other.stimuli, " are the same)");
    return false;
  }
  if (height != other.height || width != other.width) {
    reason = concat("other image size (", width, " x ", height, " and ", other.width, " x ",
                    other.height, " pixels)");
    return false;
  }
  return true;
}

Evidence Contender::evidence(const std::string& metric) const {
  ScoredImages set{.name = name, .scores = {}, .trained_against = trained_against};
  const auto score = scores.find(metric);
  if (score != scores.end()) set.scores.push_back(score->second);
  return afterimage::evidence(set, metric);
}

std::vector<Contender> contenders(const std::vector<ScoredFile>& files, bool controls) {
  std::vector<Contender> rows;
  for (size_t f = 0; f < files.size(); ++f) {
    const auto shown = shown_in(files[f].scores, f);
    for (const auto& set : files[f].scores.sets) {
      if (set.control && !controls) continue;
      auto row = contender(files[f], set, shown);
      const auto there = std::find_if(rows.begin(), rows.end(), [&](const Contender& other) {
        return same_images(row, other);
      });
      if (there == rows.end()) {
        rows.push_back(std::move(row));
      } else {
        take_over(*there, row);
      }
    }
  }
  return rows;
}

}  // namespace afterimage
