#include <fstream>
#include <sstream>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/formats/csv.h"
#include "afterimage/importers/nsd_parts.h"

namespace afterimage::nsd {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// COCO's annotations, handed to `take` (image, caption) one by one: the file of 118,000 images is
/// never in memory as a whole.
template <typename Take>
void read_coco(const fs::path& path, Take take) {
  std::ifstream file(path);
  if (!file) throw Error(path, "no such file");
  const std::string right = "Give COCO's annotations, such as captions_train2017.json";
  int64_t captions = 0;
  const auto keep = [&](int depth, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::key && depth == 1) return parsed == "annotations";
    if (event != json::parse_event_t::object_end || depth != 2) return true;
    const auto image = parsed.find("image_id"), caption = parsed.find("caption");
    if (image == parsed.end() || !image->is_number_integer() || caption == parsed.end() ||
        !caption->is_string()) {
      throw Error(path, "has an annotation without image_id and caption", right);
    }
    take(image->get<int64_t>(), caption->get<std::string>());
    ++captions;
    return false;  // and it is forgotten
  };
  try {
    if (!json::parse(file, keep).is_object()) captions = 0;
  } catch (const json::exception&) {
    throw Error(path, "is no JSON, or damaged", right);
  }
  if (captions == 0) throw Error(path, "has no captions", right);
}

/// The names of our stimuli by COCO's numbers.
std::unordered_map<int64_t, std::string> names_by_coco(const fs::path& path) {
  const auto table = CsvTable::read(path);
  const auto coco = table.integers("cocoId"), image = table.integers("nsdId");
  std::unordered_map<int64_t, std::string> names;
  for (size_t row = 0; row < coco.size(); ++row) names[coco[row]] = stimulus_name(image[row]);
  return names;
}

/// Its words with one space between; some of COCO's end in a line break.
std::string without_breaks(const std::string& caption) {
  std::istringstream words(caption);
  std::string all, word;
  while (words >> word) all += all.empty() ? word : " " + word;
  return all;
}

}  // namespace

Captions read_captions(const std::vector<fs::path>& files, const fs::path& stimulus_table) {
  Captions captions;
  std::unordered_map<int64_t, std::string> names;
  for (const auto& file : files) {
    if (file.extension() != ".json") {
      captions.read(file);
      continue;
    }
    if (names.empty()) names = names_by_coco(stimulus_table);
    read_coco(file, [&](int64_t image, const std::string& caption) {
      const auto found = names.find(image);
      if (found != names.end()) captions.add(found->second, without_breaks(caption));
    });
  }
  return captions;
}

}  // namespace afterimage::nsd
