#include "afterimage/evaluation/checks/check.h"

#include <algorithm>

#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "afterimage/base/json_number.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/table.h"
#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check_data.h"

namespace afterimage {
namespace {

using Json = nlohmann::json;

constexpr std::array kVerdicts = {Verdict::pass, Verdict::look, Verdict::fail,
                                  Verdict::not_checked};

Verdict verdict_of(const std::string& text) {
  for (const auto verdict : kVerdicts) {
    if (verdict_text(verdict) == text) return verdict;
  }
  return Verdict::not_checked;  // a later version's word
}

}  // namespace

std::string verdict_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::look:
      return "look";
    case Verdict::fail:
      return "fail";
    case Verdict::not_checked:
      break;
  }
  return "not checked";
}

Json CheckResult::to_json() const {
  Json numbers = Json::object();
  for (const auto& [name, value] : figures) numbers[name] = json_number(value);
  return {{"name", check},      {"label", label},    {"decoder", decoder},
          {"found", found},     {"rows", rows},      {"verdict", verdict_text(verdict)},
          {"meaning", meaning}, {"figures", numbers}};
}

CheckResult CheckResult::from_json(const Json& json) {
  CheckResult result;
  result.check = json.at("name").get<std::string>();
  result.label = json.at("label").get<std::string>();
  result.decoder = json.at("decoder").get<std::string>();
  result.verdict = verdict_of(json.at("verdict").get<std::string>());
  result.found = json.at("found").get<std::string>();
  result.meaning = json.at("meaning").get<std::string>();
  for (const auto& [name, value] : json.at("figures").items()) {
    result.figures[name] = number_from(value);
  }
  result.rows = json.at("rows").get<std::vector<int64_t>>();
  return result;
}

const std::vector<Check>& check_table() {
  static const std::vector<Check> table = {
      trained_against_check(),  leakage_check(),          category_check(),
      zero_shot_check(),        recovery_check(),         output_dimension_check(),
      null_inputs_check(),      trivial_decoders_check(), single_trials_check(),
      batch_statistics_check(), few_images_check()};
  return table;
}

std::vector<const Check*> find_checks(const std::vector<std::string>& names) {
  std::vector<const Check*> found;
  if (names == std::vector<std::string>{"none"}) return found;
  for (const auto& name : names) {
    if (name == "all") {
      found.clear();
      for (const auto& check : check_table()) found.push_back(&check);
      return found;
    }
    const auto* check = &find_entry(check_table(), name, "check", "--checks");
    if (std::find(found.begin(), found.end(), check) == found.end()) found.push_back(check);
  }
  return found;
}

std::vector<CheckResult> run_checks(const std::vector<const Check*>& checks, CheckData& data) {
  std::vector<CheckResult> results;
  Progress progress(data.run(), "check", std::ssize(checks) * data.decoders(), "check");
  for (const auto* check : checks) {
    for (int64_t d = 0; d < data.decoders(); ++d) {
      data.run().stop_if_cancelled("stopped; nothing was written");
      const auto decoder = static_cast<size_t>(d);
      auto& result = results.emplace_back(check->compute(data, decoder));
      result.check = check->name;
      result.label = check->label;
      result.decoder = data.decoder(decoder).name;
      progress.advance(1, check->name);
    }
  }
  return results;
}

CheckResult not_checked(std::string why, std::string what_to_do) {
  CheckResult result;
  result.verdict = Verdict::not_checked;
  result.found = std::move(why);
  result.meaning = std::move(what_to_do);
  return result;
}

std::vector<std::string> check_lines(const std::vector<CheckResult>& results) {
  if (results.empty()) return {"not checked for what makes scores too good (--checks none)"};
  constexpr size_t width = 12;  // of the longest verdict, and a space
  std::set<std::string> decoders;
  for (const auto& result : results) decoders.insert(result.decoder);
  std::vector<std::string> lines;
  for (const auto& result : results) {
    std::string verdict = verdict_text(result.verdict);
    verdict.resize(width, ' ');
    const auto whose = decoders.size() > 1 ? concat(" (", result.decoder, ")") : "";
    lines.push_back(concat(verdict, result.label, whose, ": ", result.found, ". ", result.meaning));
  }
  return lines;
}

}  // namespace afterimage
