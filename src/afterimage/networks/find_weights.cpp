#include "afterimage/networks/find_weights.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "afterimage/base/content_hash.h"
#include "afterimage/base/data_dir.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/networks/feature_network.h"
#include "afterimage/networks/network_table.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// The folder an environment variable names, with `below` added; empty when it is not set.
fs::path from_environment(const char* variable, const fs::path& below = {}) {
  const char* value = std::getenv(variable);
  return value == nullptr || *value == '\0' ? fs::path() : fs::path(value) / below;
}

/// Where weights may lie, first the most explicit. torch.hub's order for its own cache.
std::vector<fs::path> weight_folders(const std::string& named) {
  std::vector<fs::path> folders = {
      named,
      from_environment("AFTERIMAGE_WEIGHTS"),
      from_environment("HOME", ".local/share/afterimage/weights"),
      from_environment("TORCH_HOME", "hub/checkpoints"),
      from_environment("XDG_CACHE_HOME", "torch/hub/checkpoints"),
      from_environment("HOME", ".cache/torch/hub/checkpoints"),
  };
  try {
    folders.push_back(data_dir() / "weights");
  } catch (const Error&) {
    // A library without its installed data still reads weights the user has.
  }
  return folders;
}

/// "vgg19-dcbb9e9d.pth" and "vgg19.safetensors" belong to vgg19, "vgg19_bn-c79401a0.pth" does not.
bool belongs_to(const fs::path& file, const std::vector<std::string>& beginnings) {
  const std::string name = file.filename().string();
  const std::array endings{".safetensors", ".pth", ".pt", ".bin", ".pth.tar"};
  const auto ends = [&](const char* ending) { return name.ends_with(ending); };
  const auto begins = [&](const std::string& beginning) {
    const char next = name.size() > beginning.size() ? name[beginning.size()] : '\0';
    return name.starts_with(beginning) && (next == '.' || next == '-');
  };
  return std::any_of(endings.begin(), endings.end(), ends) &&
         std::any_of(beginnings.begin(), beginnings.end(), begins);
}

/// What torch.hub's name of a file says its SHA-256 begins with: eight or more hexadecimal digits
/// between '-' and ".pth"; "" when it says nothing.
std::string hash_in_name(const fs::path& file) {
  const std::string stem = file.stem().string();
  const auto dash = stem.rfind('-');
  if (file.extension() != ".pth" || dash == std::string::npos) return {};
  const std::string digits = stem.substr(dash + 1);
  const bool hash =
      digits.size() >= 8 && digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hash ? digits : std::string();
}

}  // namespace

fs::path find_weights(const std::string& network, const std::string& folder) {
  const auto& files = network_entry(network).files;
  if (!folder.empty() && !fs::is_directory(folder)) {
    throw Error(folder, "there is no such folder", "Name the folder that holds the weights");
  }
  for (const auto& place : weight_folders(folder)) {
    std::error_code unreadable;
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(place, unreadable)) {
      if (belongs_to(entry.path(), files)) found.push_back(entry.path());
    }
    if (!found.empty()) return *std::min_element(found.begin(), found.end());
  }
  return {};
}

std::string fetch_command(const std::string& network) { return network_entry(network).fetch; }

void check_weight_hash(const fs::path& file) {
  const std::string named = hash_in_name(file);
  if (named.empty()) return;
  const std::string found = sha256_of_file(file);
  if (found.starts_with(named)) return;
  throw Error(file,
              concat("its SHA-256 begins with ", found.substr(0, named.size()), ", not with the ",
                     named, " of its name"),
              "The file is damaged or another one: fetch it again, or give it its own name");
}

namespace {

fs::path required_weights(const std::string& network, const std::string& folder) {
  fs::path weights = find_weights(network, folder);
  if (weights.empty()) {
    throw Error("network " + network, "no weights found",
                "Fetch them once with: " + fetch_command(network));
  }
  return weights;
}

}  // namespace

PretrainedWeights pretrained_weights(const std::string& network, const std::string& folder) {
  const fs::path file = required_weights(network, folder);
  return {network, file.filename().string(), sha256_of_file(file)};
}

std::shared_ptr<FeatureNetwork> load_feature_network(const std::string& network,
                                                     const std::string& folder) {
  return load_feature_network_from(network, required_weights(network, folder));
}

}  // namespace afterimage
