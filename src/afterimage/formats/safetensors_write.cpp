#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/safetensors.h"
#include "afterimage/formats/safetensors_types.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace safetensors;

const char* type_name(at::ScalarType type, const std::string& tensor, const fs::path& path) {
  for (const auto& known : type_names) {
    if (known.type == type) return known.name;
  }
  throw Error(path, concat("tensor '", tensor, "' has the element type ", c10::toString(type)),
              "Safetensors files of Afterimage hold float, integer and bool tensors");
}

}  // namespace

void write_safetensors(const fs::path& path, const TensorMap& tensors, const TextMap& metadata) {
  std::vector<std::pair<std::string, at::Tensor>> order;
  for (const auto& [name, tensor] : tensors) {
    if (name == metadata_key) throw Error(path, "no tensor may be called __metadata__");
    order.emplace_back(name, tensor.detach().cpu().contiguous());
  }
  // Widest elements first keeps every tensor aligned to its own type without gaps.
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.second.element_size() > b.second.element_size();
  });

  json header = json::object();
  if (!metadata.empty()) header[metadata_key] = metadata;
  size_t position = 0;
  for (const auto& [name, tensor] : order) {
    header[name] = {{"dtype", type_name(tensor.scalar_type(), name, path)},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {position, position + tensor.nbytes()}}};
    position += tensor.nbytes();
  }
  std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');

  std::ofstream file(path, std::ios::binary);
  const uint64_t length = text.size();
  file.write(reinterpret_cast<const char*>(&length), length_bytes);
  file << text;
  for (const auto& [name, tensor] : order) {
    file.write(static_cast<const char*>(tensor.data_ptr()),
               static_cast<std::streamsize>(tensor.nbytes()));
  }
  file.close();
  if (!file) throw Error(path, "cannot be written", "Is the disk full?");
}

}  // namespace afterimage
