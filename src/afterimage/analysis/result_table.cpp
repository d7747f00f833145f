#include "afterimage/analysis/result_table.h"

#include <cmath>
#include <cstdio>

#include "afterimage/base/json_number.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/csv.h"

namespace afterimage {
namespace {

using nlohmann::json;

struct InFull {
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const {
    return std::isfinite(value) ? number_text(value) : "";
  }
};

struct AsJson {
  json operator()(const std::string& text) const { return text; }
  json operator()(int64_t value) const { return value; }
  json operator()(double value) const { return json_number(value); }
};

struct Shown {
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return shown(value); }
};

Cell cell_from(const json& saved) {
  if (saved.is_string()) return saved.get<std::string>();
  if (saved.is_number_integer()) return saved.get<int64_t>();
  return number_from(saved);
}

}  // namespace

std::string shown(double value) {
  if (!std::isfinite(value)) return {};
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string shown(const Cell& cell) { return std::visit(Shown(), cell); }

std::string Table::csv() const {
  std::string text = csv_row(columns);
  for (const auto& row : rows) {
    std::vector<std::string> fields;
    for (const auto& cell : row) fields.push_back(std::visit(InFull(), cell));
    text += csv_row(fields);
  }
  return text;
}

json Table::to_json() const {
  json list = json::array();
  for (const auto& row : rows) {
    json cells = json::array();
    for (const auto& cell : row) cells.push_back(std::visit(AsJson(), cell));
    list.push_back(std::move(cells));
  }
  return {{"name", name}, {"title", title}, {"columns", columns}, {"rows", std::move(list)}};
}

Table Table::from_json(const json& saved) {
  Table table{
      saved.at("name"), saved.at("title"), saved.at("columns").get<std::vector<std::string>>(), {}};
  for (const auto& row : saved.at("rows")) {
    auto& cells = table.rows.emplace_back();
    for (const auto& cell : row) cells.push_back(cell_from(cell));
  }
  return table;
}

}  // namespace afterimage
