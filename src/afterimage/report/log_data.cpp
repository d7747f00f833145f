#include <algorithm>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "afterimage/report/page_data.h"

namespace afterimage {
namespace {

constexpr size_t most_points = 1500;  // a chart is some 1000 pixels wide

/// The losses of a log in order of first appearance: every number but the clock.
std::vector<std::string> loss_names(const TrainingLog& log) {
  static const std::set<std::string> clock = {"step", "seconds", "epoch"};
  std::vector<std::string> names;
  for (const auto& line : log.lines) {
    for (const auto& [name, value] : line.items()) {
      if (!value.is_number() || clock.contains(name)) continue;
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

/// The mean of `name` over lines [first, last); null when no line has it as a finite number.
nlohmann::json mean(const TrainingLog& log, const std::string& name, size_t first, size_t last) {
  double sum = 0;
  int64_t count = 0;
  for (size_t i = first; i < last; ++i) {
    const auto value = log.lines[i].find(name);
    if (value == log.lines[i].end() || !value->is_number()) continue;
    const double number = value->get<double>();
    if (!std::isfinite(number)) continue;
    sum += number;
    ++count;
  }
  if (count == 0) return nullptr;
  return rounded(sum / static_cast<double>(count));
}

nlohmann::json one_log(const TrainingLog& log) {
  const size_t lines = log.lines.size();
  const size_t averaged = std::max<size_t>(1, (lines + most_points - 1) / most_points);
  auto steps = nlohmann::json::array();
  auto series = nlohmann::json::object();
  const auto names = loss_names(log);
  for (const auto& name : names) series[name] = nlohmann::json::array();
  for (size_t first = 0; first < lines; first += averaged) {
    const size_t last = std::min(lines, first + averaged);
    steps.push_back(log.lines[last - 1].value("step", static_cast<int64_t>(last)));
    for (const auto& name : names) series[name].push_back(mean(log, name, first, last));
  }
  return {{"name", log.name},
          {"averaged", averaged},
          {"seconds", lines ? log.lines.back().value("seconds", 0.0) : 0.0},
          {"step", std::move(steps)},
          {"series", std::move(series)},
          {"order", names}};
}

}  // namespace

nlohmann::json log_data(const std::vector<TrainingLog>& logs) {
  auto list = nlohmann::json::array();
  for (const auto& log : logs) {
    if (!log.lines.empty()) list.push_back(one_log(log));
  }
  return list;
}

}  // namespace afterimage
