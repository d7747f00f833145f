#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include <nlohmann/json.hpp>

namespace afterimage {

/// JSON has no NaN and no infinity: both are written as null, and null is read as NaN.
inline nlohmann::json json_number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

inline nlohmann::json json_numbers(const std::vector<double>& values) {
  auto list = nlohmann::json::array();
  for (const double value : values) list.push_back(json_number(value));
  return list;
}

/// Errors: json::exception for what is neither a number nor null.
inline double number_from(const nlohmann::json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

inline std::vector<double> numbers_from(const nlohmann::json& list) {
  std::vector<double> values;
  for (const auto& value : list) values.push_back(number_from(value));
  return values;
}

}  // namespace afterimage
