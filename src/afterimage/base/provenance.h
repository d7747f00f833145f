#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "afterimage/base/content_hash.h"

namespace afterimage {

/// The version of this build ("0.1.0").
std::string version();

/// Where a result came from: program, version, command line, time, run context, options and the
/// hash of each input. Every file Afterimage writes carries one.
///
/// Inputs are files or folders (`content_hash`); the record says where a hash is of samples.
nlohmann::json provenance(const std::string& command_line, const nlohmann::json& run,
                          const nlohmann::json& options,
                          const std::vector<std::filesystem::path>& inputs);

/// One entry of a provenance's "inputs": {path, bytes, sha256 or sampled_sha256, files of a
/// folder}.
nlohmann::json input_record(const std::filesystem::path& path, const ContentHash& hash);

/// Whether a result's provenance names inputs of this content, wherever they lay: then the result
/// can be used again. A record without a hash (older ones of folders) fits nothing.
bool made_of(const nlohmann::json& provenance, const std::vector<ContentHash>& inputs);

/// What in the making of a result looked at test data, as texts (its "transductive" list).
std::vector<std::string> transductive(const nlohmann::json& provenance);

}  // namespace afterimage
