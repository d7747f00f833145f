#include "afterimage/report/page_data.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/json_number.h"
#include "afterimage/base/text.h"
#include "afterimage/evaluation/brain_text.h"
#include "afterimage/evaluation/evidence.h"
#include "afterimage/evaluation/judgement.h"
#include "afterimage/formats/image.h"
#include "afterimage/report/columns.h"
#include "afterimage/report/sprites.h"

namespace afterimage {
namespace {

nlohmann::json numbers(const std::vector<double>& values) {
  auto list = nlohmann::json::array();
  for (const double value : values) list.push_back(rounded(value));
  return list;
}

/// The largest size that keeps the shape and respects the limit: (height, width).
std::pair<int64_t, int64_t> shown_size(const at::Tensor& images, int64_t limit) {
  const int64_t height = images.size(2), width = images.size(3);
  const double scale = std::min(1.0, static_cast<double>(limit) / std::max(height, width));
  return {std::lround(height * scale), std::lround(width * scale)};
}

at::Tensor fitted(const at::Tensor& images, std::pair<int64_t, int64_t> size) {
  if (images.size(2) == size.first && images.size(3) == size.second) return images;
  return resize_image(images, size.first, size.second);
}

/// The place of a column's scores among the sets, or null.
nlohmann::json set_of(const ImageSet& column, const std::optional<Scores>& scores) {
  if (!scores) return nullptr;
  const auto found = std::find_if(scores->sets.begin(), scores->sets.end(),
                                  [&](const auto& set) { return set.name == column.name; });
  if (found == scores->sets.end()) return nullptr;
  return found - scores->sets.begin();
}

/// The cells of the true images, read in batches: stimuli may be much larger than what is shown.
std::vector<int64_t> true_cells(const Recording& recording, const std::vector<int64_t>& stimulus,
                                std::pair<int64_t, int64_t> size, SpriteSheets& sprites) {
  constexpr size_t batch = 64;
  std::vector<int64_t> cells;
  for (size_t from = 0; from < stimulus.size(); from += batch) {
    const size_t to = std::min(from + batch, stimulus.size());
    const std::vector<int64_t> rows(stimulus.begin() + static_cast<std::ptrdiff_t>(from),
                                    stimulus.begin() + static_cast<std::ptrdiff_t>(to));
    const at::Tensor images = recording.images(rows);  // (n, 3, H, W) uint8
    for (const int64_t cell : sprites.add(fitted(images, size))) cells.push_back(cell);
  }
  return cells;
}

nlohmann::json row_data(const ReportInput& input) {
  const auto& first = input.reconstructions.front();
  const auto repeat = count_repeats(first.stimulus);
  const bool several = std::any_of(repeat.begin(), repeat.end(),  // single trials
                                   [](int64_t number) { return number > 0; });
  auto rows = nlohmann::json::array();
  for (size_t i = 0; i < first.stimulus.size(); ++i) {
    std::string name = concat("stimulus ", first.stimulus[i]);
    if (input.recording) {
      name = input.recording->info().stimulus_name[static_cast<size_t>(first.stimulus[i])];
    } else if (input.scores && i < input.scores->stimulus_name.size()) {
      name = input.scores->stimulus_name[i];
    }
    if (several) name += concat(", trial ", repeat[i] + 1);
    rows.push_back({{"name", name}, {"trials", first.trials_averaged.at(i)}});
  }
  return rows;
}

nlohmann::json metric_data(const std::string& name, int64_t stimuli) {
  const auto& table = metric_table();
  const auto metric = std::find_if(table.begin(), table.end(),
                                   [&](const Metric& candidate) { return candidate.name == name; });
  if (metric == table.end()) {
    return {{"name", name}, {"label", name},     {"definition", ""},
            {"source", ""}, {"higher", nullptr}, {"chance", nullptr}};
  }
  return {{"name", name},
          {"label", metric->label},
          {"definition", metric->definition},
          {"source", metric->source},
          {"higher", metric->higher_is_better},
          {"chance", metric->chance ? rounded(metric->chance(stimuli)) : nullptr}};
}

nlohmann::json comparison_data(const Scores& scores) {
  auto list = nlohmann::json::array();
  for (const auto& comparison : scores.comparisons) {
    list.push_back({{"first", comparison.first},
                    {"second", comparison.second},
                    {"metric", comparison.metric},
                    {"difference", rounded(comparison.difference)},
                    {"low", rounded(comparison.low)},
                    {"high", rounded(comparison.high)},
                    {"p", rounded(comparison.p)},
                    {"q", rounded(comparison.q)},
                    {"trained_against", evidence_text(evidence(scores, comparison))}});
  }
  return list;
}

nlohmann::json ceiling_data(const Ceiling& ceiling, int64_t images) {
  if (!ceiling.any()) return nullptr;
  const auto number = [](const std::optional<double>& value) {
    return value ? rounded(*value) : nullptr;
  };
  return {{"true_images", number(ceiling.true_images)},
          {"noise_free", number(ceiling.noise_free)},
          {"predicted", number(ceiling.predicted)},
          {"repeats", number(ceiling.repeats)},
          {"halves", number(ceiling.halves)},
          {"images", ceiling.images > 0 ? ceiling.images : images}};
}

nlohmann::json one_score(const ScoredImages& set, const Score& score, int64_t images) {
  nlohmann::json json{{"value", score.not_computed.empty() ? rounded(score.value) : nullptr},
                      {"per_image", numbers(score.per_image)},
                      {"reason", score.not_computed},
                      {"trained_against", evidence_text(evidence(set, score.metric))},
                      {"ceiling", ceiling_data(score.ceiling, images)},
                      {"areas", nlohmann::json::array()}};
  for (const auto& area : score.areas) {
    json["areas"].push_back({{"area", area.area},
                             {"sensors", area.sensors},
                             {"value", rounded(area.value)},
                             {"ceiling", ceiling_data(area.ceiling, images)}});
  }
  json["low"] = score.low ? rounded(*score.low) : nullptr;
  json["high"] = score.high ? rounded(*score.high) : nullptr;
  return json;
}

}  // namespace

nlohmann::json rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return json_number(std::strtod(text, nullptr));
}

nlohmann::json image_data(const ReportInput& input) {
  if (input.reconstructions.empty()) return nullptr;
  const auto columns = image_columns(input.reconstructions);
  const auto& first = input.reconstructions.front();
  for (const auto& each : input.reconstructions) {
    if (input.scores) check_scores(*input.scores, each);
    if (input.recording) check_shown_in(each, *input.recording);
  }
  const auto size = shown_size(first.images, input.image_limit);
  SpriteSheets sprites(size.first, size.second);
  auto list = nlohmann::json::array();
  if (input.recording) {
    list.push_back({{"name", "seen"},
                    {"kind", "truth"},
                    {"set", nullptr},
                    {"cells", true_cells(*input.recording, first.stimulus, size, sprites)}});
  }
  for (const auto& column : columns) {
    list.push_back({{"name", column.name},
                    {"kind", column.control ? "control" : "decoder"},
                    {"set", set_of(column, input.scores)},
                    {"cells", sprites.add(fitted(column.images, size))}});
  }
  nlohmann::json json{{"rows", row_data(input)}, {"columns", std::move(list)}};
  json["sprites"] = sprites.to_json();
  json["reduced_from"] = nullptr;
  if (size.second != first.images.size(3)) json["reduced_from"] = first.images.size(3);
  return json;
}

nlohmann::json check_data(const ReportInput& input) {
  if (!input.scores) return nullptr;
  auto list = nlohmann::json::array();
  for (const auto& check : input.scores->checks) {
    auto figures = nlohmann::json::array();
    for (const auto& [name, value] : check.figures) figures.push_back({name, rounded(value)});
    list.push_back({{"label", check.label},
                    {"decoder", check.decoder},
                    {"verdict", verdict_text(check.verdict)},
                    {"found", check.found},
                    {"meaning", check.meaning},
                    {"figures", std::move(figures)},
                    {"rows", check.rows}});
  }
  return list;
}

nlohmann::json score_data(const ReportInput& input) {
  if (!input.scores || input.scores->sets.empty()) return nullptr;
  auto metrics = nlohmann::json::array();
  for (const auto& score : input.scores->sets.front().scores) {
    metrics.push_back(metric_data(score.metric, input.scores->stimuli));
  }
  auto sets = nlohmann::json::array();
  for (const auto& set : input.scores->sets) {
    auto scores = nlohmann::json::array();
    for (const auto& score : set.scores) {
      scores.push_back(one_score(set, score, input.scores->stimuli));
    }
    sets.push_back({{"name", set.name}, {"control", set.control}, {"scores", std::move(scores)}});
  }
  auto summary = nlohmann::json::array();
  for (const auto& standing : standings(*input.scores)) summary.push_back(standing.text());
  for (const auto& line : brain_lines(*input.scores)) summary.push_back(line);
  for (const auto& line : Judgement::lines(input.scores->human)) summary.push_back(line);
  return {{"metrics", std::move(metrics)},
          {"sets", std::move(sets)},
          {"comparisons", comparison_data(*input.scores)},
          {"summary", std::move(summary)},
          {"images", input.scores->stimuli}};
}

}  // namespace afterimage
