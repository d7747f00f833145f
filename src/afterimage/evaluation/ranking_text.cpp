#include <algorithm>
#include <cstdio>
#include <optional>

#include "afterimage/base/text.h"
#include "afterimage/evaluation/ranking.h"
#include "afterimage/formats/csv.h"

namespace afterimage {
namespace {

using Json = nlohmann::json;

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

std::string optional_text(const std::optional<double>& number) {
  return number ? number_text(*number) : "";
}

/// Null where a row has no such score.
const Score* score_of(const Contender& row, const std::string& metric) {
  const auto found = row.scores.find(metric);
  if (found == row.scores.end() || !found->second.not_computed.empty()) return nullptr;
  return &found->second;
}

Json trained_against_of(Evidence evidence) {
  return evidence == Evidence::unknown ? Json(nullptr) : Json(evidence != Evidence::independent);
}

Json row_json(const Ranking& ranking, size_t index) {
  const auto& row = ranking.rows[index];
  Json scores = Json::object();
  for (const auto& metric : ranking.metrics) {
    const auto* score = score_of(row, metric);
    if (!score) continue;
    Json entry = {{"value", score->value},
                  {"leads", ranking.leads(index, metric)},
                  {"trained_against", trained_against_of(row.evidence(metric))}};
    if (score->low && score->high) entry["interval"] = {*score->low, *score->high};
    scores[metric] = entry;
  }
  Json json = {{"name", row.name},
               {"control", row.control},
               {"recording", row.recording},
               {"split", row.split},
               {"image_size", {row.height, row.width}},
               {"stimuli", row.stimuli},
               {"trainings", row.trainings},
               {"seeds", row.seeds},
               {"trained_against", trained_against_json(row.trained_against)},
               {"scores", scores}};
  const auto& checks = row.checks;
  json["checks"] = checks.any() ? Json{{"pass", checks.pass},
                                       {"look", checks.look},
                                       {"fail", checks.fail},
                                       {"not_checked", checks.not_checked}}
                                : Json(nullptr);
  return json;
}

Evidence evidence_of(const Ranking& ranking, const RankedPair& pair) {
  Contender both_rows;
  both_rows.trained_against =
      both(ranking.rows[pair.first].trained_against, ranking.rows[pair.second].trained_against);
  both_rows.scores[pair.metric] = ranking.rows[pair.first].scores.at(pair.metric);
  return both_rows.evidence(pair.metric);
}

std::string checks_text(const CheckCount& checks) {
  if (!checks.any()) return "";
  return concat(checks.pass, " pass, ", checks.look, " look, ", checks.fail, " fail");
}

std::string latex_escape(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\\') {
      safe += "\\textbackslash{}";
    } else if (c == '~' || c == '^') {
      safe += std::string("\\") + c + "{}";
    } else {
      if (std::string("&%$#_{}").find(c) != std::string::npos) safe += '\\';
      safe += c;
    }
  }
  return safe;
}

std::string latex_cell(const Ranking& ranking, size_t row, const std::string& metric) {
  const auto* score = score_of(ranking.rows[row], metric);
  if (!score) return "--";
  auto text = rounded(score->value);
  if (ranking.leads(row, metric)) text = "\\textbf{" + text + "}";
  switch (ranking.rows[row].evidence(metric)) {
    case Evidence::trained_against:
      return text + "$^{\\dagger}$";
    case Evidence::unknown:
      return text + "$^{?}$";
    case Evidence::independent:
      break;
  }
  return text;
}

}  // namespace

Json Ranking::to_json() const {
  Json json = {{"format", "afterimage-comparison"},
               {"version", 1},
               {"sort", sort},
               {"metrics", Json::array()},
               {"statistics", {{"interval", kIntervalText}, {"p", kTestText}}},
               {"rows", Json::array()},
               {"pairs", Json::array()},
               {"untested", Json::array()},
               {"provenance", provenance}};
  for (const auto& name : metrics) {
    const Metric& metric = *find_metrics({name}).front();
    json["metrics"].push_back(
        {{"name", metric.name},
         {"label", metric.label},
         {"definition", metric.definition},
         {"source", metric.source},
         {"network", metric.network.empty() ? Json(nullptr) : Json(metric.network)},
         {"higher_is_better", metric.higher_is_better}});
  }
  for (size_t i = 0; i < rows.size(); ++i) json["rows"].push_back(row_json(*this, i));
  for (const auto& pair : pairs) {
    json["pairs"].push_back({{"first", rows[pair.first].name},
                             {"second", rows[pair.second].name},
                             {"metric", pair.metric},
                             {"difference", pair.paired.difference},
                             {"interval", {pair.paired.low, pair.paired.high}},
                             {"p", pair.paired.p},
                             {"q", pair.q},
                             {"trained_against", trained_against_of(evidence_of(*this, pair))}});
  }
  for (const auto& pair : untested) {
    json["untested"].push_back({{"first", rows[pair.first].name},
                                {"second", rows[pair.second].name},
                                {"reason", pair.reason}});
  }
  return json;
}

std::string Ranking::to_csv() const {
  std::string csv =
      "name,control,recording,split,height,width,stimuli,trainings,metric,value,low,high,leads,"
      "trained_against,checks\n";
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    for (const auto& metric : metrics) {
      const auto* score = score_of(row, metric);
      csv +=
          csv_row({row.name, row.control ? "yes" : "no", row.recording, row.split,
                   std::to_string(row.height), std::to_string(row.width),
                   std::to_string(row.stimuli), std::to_string(row.trainings), metric,
                   score ? number_text(score->value) : "", score ? optional_text(score->low) : "",
                   score ? optional_text(score->high) : "", leads(i, metric) ? "yes" : "no",
                   evidence_text(row.evidence(metric)), checks_text(row.checks)});
    }
  }
  return csv;
}

std::string Ranking::to_latex() const {
  std::string columns, head;
  for (const auto& name : metrics) {
    const Metric& metric = *find_metrics({name}).front();
    columns += "c";
    head += " & " + latex_escape(metric.label) +
            (metric.higher_is_better ? " $\\uparrow$" : " $\\downarrow$");
  }
  std::string text = "% Needs \\usepackage{booktabs}\n\\begin{tabular}{ll" + columns +
                     "}\n\\toprule\nDecoder & Recording" + head + " \\\\\n\\midrule\n";
  for (size_t i = 0; i < rows.size(); ++i) {
    text += latex_escape(rows[i].name) + " & " + latex_escape(rows[i].recording);
    for (const auto& metric : metrics) text += " & " + latex_cell(*this, i, metric);
    text += " \\\\\n";
  }
  text += "\\bottomrule\n\\end{tabular}\n";
  text +=
      "% Bold: no row on the same images is clearly better (q < .05, Benjamini-Hochberg over "
      "the table).\n% Dagger: trained against the metric or its network, no evidence; ?: unknown "
      "whether it was.\n";
  return text;
}

std::string against_first(const Ranking& ranking, size_t row) {
  if (row == 0) return "";
  std::string reason;
  if (!ranking.rows.front().paired_with(ranking.rows[row], reason)) return "not tested: " + reason;
  const auto* pair = ranking.find(0, row, ranking.sort);
  if (!pair && ranking.rows[row].stimuli < 2) return "not tested: one stimulus";
  if (!pair) return "not tested: no values of single images";
  return concat("q ", rounded(pair->q));
}

}  // namespace afterimage
