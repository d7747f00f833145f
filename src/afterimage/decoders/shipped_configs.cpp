#include "afterimage/decoders/model.h"

#include <algorithm>

#include "afterimage/base/data_dir.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {

namespace fs = std::filesystem;

fs::path find_config(const std::string& name_or_path, const std::string& folder) {
  if (fs::is_regular_file(name_or_path)) return name_or_path;
  const fs::path shipped = data_dir() / folder / (name_or_path + ".toml");
  if (fs::exists(shipped)) return shipped;
  std::vector<std::string> of_decoder;
  if (folder == "configs") of_decoder = configs_of(name_or_path);
  if (!of_decoder.empty()) {
    throw Error(name_or_path, "is a kind of decoder; its configurations have names of their own",
                concat("Name one of ", join(of_decoder)));
  }
  throw Error(name_or_path,
              "no such configuration file, and none of this name comes with Afterimage",
              suggestion(name_or_path, shipped_configs(folder)));
}

std::vector<std::string> configs_of(const std::string& decoder) {
  std::vector<std::string> names;
  for (const auto& name : shipped_configs()) {
    const auto path = data_dir() / "configs" / (name + ".toml");
    if (Config::read(path).text("decoder") == decoder) names.push_back(name);
  }
  return names;
}

std::vector<std::string> shipped_configs(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(data_dir() / folder)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace afterimage
