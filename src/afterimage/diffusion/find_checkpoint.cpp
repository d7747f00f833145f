#include "afterimage/diffusion/find_checkpoint.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>

namespace afterimage::diffusion {
namespace {

namespace fs = std::filesystem;

/// The folder a variable names with `below` added; empty when it is not set.
fs::path below_variable(const char* variable, const fs::path& below) {
  const char* value = std::getenv(variable);
  return value == nullptr || *value == '\0' ? fs::path() : fs::path(value) / below;
}

/// Of Stable Diffusion: pipelines of other models have a folder of the same form.
bool is_checkpoint(const fs::path& path) {
  if (path.extension() == ".ckpt") return true;
  std::error_code unreadable;
  if (!fs::exists(path / "model_index.json", unreadable)) return false;
  std::ifstream file(path / "model_index.json");
  const auto index = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  return index.is_object() &&
         index.value("_class_name", nlohmann::json()) == "StableDiffusionPipeline";
}

void look_in(const fs::path& folder, std::vector<fs::path>& found) {
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
    if (is_checkpoint(entry.path())) found.push_back(entry.path());
  }
}

}  // namespace

const char* const fetch_checkpoint =
    "fetch: hf download CompVis/stable-diffusion-v1-4 --local-dir "
    "~/.local/share/afterimage/weights/stable-diffusion-v1-4 (licence: CreativeML Open RAIL-M)";

std::vector<fs::path> find_checkpoints(const std::string& folder) {
  std::vector<fs::path> found;
  for (const auto& place : {fs::path(folder), below_variable("AFTERIMAGE_WEIGHTS", ""),
                            below_variable("HOME", ".local/share/afterimage/weights")}) {
    if (!place.empty()) look_in(place, found);
  }
  // Hugging Face's cache: hub/models--OWNER--NAME/snapshots/REVISION
  std::error_code unreadable;
  for (const auto& hub :
       {below_variable("HF_HOME", "hub"), below_variable("HOME", ".cache/huggingface/hub")}) {
    for (const auto& model : fs::directory_iterator(hub, unreadable)) {
      look_in(model.path() / "snapshots", found);
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace afterimage::diffusion
