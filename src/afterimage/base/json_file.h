#pragma once

#include <filesystem>

#include <nlohmann/json_fwd.hpp>

namespace afterimage {

/// The JSON object a file holds. Errors: no such file, or anything else in it.
nlohmann::json read_json(const std::filesystem::path& path);

}  // namespace afterimage
