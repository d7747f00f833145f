#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace afterimage {

/// The version of this build ("0.1.0").
std::string version();

/// SHA-256 of a file in hexadecimal.
std::string sha256_of_file(const std::filesystem::path& path);

/// SHA-256 of a text in hexadecimal.
std::string sha256(std::string_view text);

/// Where a result came from: program, version, command line, time, run context, options and the
/// hash of each input. Every file Afterimage writes carries one.
///
/// An input larger than 1 GiB is hashed by its size and 64 blocks of 1 MiB spread over it, and the
/// record says so ("sampled").
nlohmann::json provenance(const std::string& command_line, const nlohmann::json& run,
                          const nlohmann::json& options,
                          const std::vector<std::filesystem::path>& inputs);

/// What in the making of a result looked at test data, as texts (its "transductive" list).
std::vector<std::string> transductive(const nlohmann::json& provenance);

}  // namespace afterimage
