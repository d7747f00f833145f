#include "afterimage/base/json_file.h"

#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"

namespace afterimage {

nlohmann::json read_json(const std::filesystem::path& path) {
  auto content = nlohmann::json::parse(read_text(path), nullptr, /*allow_exceptions=*/false);
  if (!content.is_object()) {
    throw Error(path, "holds no JSON object", "The file is damaged: restore it, or make it again");
  }
  return content;
}

}  // namespace afterimage
