#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

namespace afterimage {

/// One entry of a table: words, a whole number, or a number (NaN: there is none). Numbers are kept
/// and written in full, and rounded only where they are shown.
using Cell = std::variant<std::string, int64_t, double>;

/// A table: saved as CSV and shown on the page.
struct Table {
  std::string name;   ///< of its file
  std::string title;  ///< what it shows, one sentence
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;

  /// Numbers as the shortest decimals that read back as the same; NaN is an empty field.
  std::string csv() const;
  /// Numbers as numbers, NaN as null.
  nlohmann::json to_json() const;
  /// Also of tables whose numbers are text, as version 1 of analysis.json had them.
  static Table from_json(const nlohmann::json& saved);
};

/// A number for a reader: "0.123", four digits; "" for NaN.
std::string shown(double value);
std::string shown(const Cell& cell);

}  // namespace afterimage
