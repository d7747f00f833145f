#include "afterimage/base/provenance.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

std::string now_utc() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

std::string version() { return AFTERIMAGE_VERSION; }

nlohmann::json input_record(const fs::path& path, const ContentHash& hash) {
  nlohmann::json record{{"path", path.string()}, {"bytes", hash.bytes}};
  record[hash.sampled ? "sampled_sha256" : "sha256"] = hash.sha256;
  if (fs::is_directory(path)) record["files"] = hash.files;
  return record;
}

bool made_of(const nlohmann::json& provenance, const std::vector<ContentHash>& inputs) {
  if (!provenance.is_object() || !provenance.contains("inputs")) return false;
  std::set<std::string> recorded;
  for (const auto& input : provenance["inputs"]) {
    ContentHash hash;
    hash.sampled = input.contains("sampled_sha256");
    const char* key = hash.sampled ? "sampled_sha256" : "sha256";
    if (!input.contains(key) || !input[key].is_string()) continue;  // older ones of folders
    hash.sha256 = input[key].get<std::string>();
    recorded.insert(hash.text());
  }
  return std::all_of(inputs.begin(), inputs.end(),
                     [&](const ContentHash& input) { return recorded.contains(input.text()); });
}

nlohmann::json provenance(const std::string& command_line, const nlohmann::json& run,
                          const nlohmann::json& options, const std::vector<fs::path>& inputs) {
  auto records = nlohmann::json::array();
  for (const auto& input : inputs) records.push_back(input_record(input, content_hash(input)));
  return {{"program", "afterimage"}, {"version", version()}, {"command", command_line},
          {"time", now_utc()},       {"run", run},           {"options", options},
          {"inputs", records}};
}

std::vector<std::string> transductive(const nlohmann::json& provenance) {
  std::vector<std::string> texts;
  if (!provenance.is_object() || !provenance.contains("transductive")) return texts;
  for (const auto& text : provenance["transductive"]) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

}  // namespace afterimage
