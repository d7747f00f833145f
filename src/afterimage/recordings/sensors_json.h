#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Sensors (but their measures) and bins as JSON, in the card of what was fitted to them. Numbers
/// that are NaN become null.
nlohmann::json to_json(const Sensors& sensors);
nlohmann::json to_json(const std::vector<Bin>& bins);

/// Errors: json::exception, std::out_of_range for what is missing or of another type.
Sensors sensors_from_json(const nlohmann::json& json);
std::vector<Bin> bins_from_json(const nlohmann::json& json);

}  // namespace afterimage
