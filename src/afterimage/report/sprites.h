#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

namespace afterimage {

/// Many small images of one size, packed into a few PNG sheets. Equal images are stored once: the
/// mean image, shared controls and retrieved training images that recur cost nothing more.
class SpriteSheets {
 public:
  SpriteSheets(int64_t height, int64_t width) : height_(height), width_(width) {}

  /// Packs (n, 3, height, width), float in [0,1] or uint8; gives the cell of each image.
  std::vector<int64_t> add(const at::Tensor& images);

  int64_t cells() const { return static_cast<int64_t>(cells_.size()); }

  /// {"width", "height", "columns", "per_sheet", "sheets": [data URI, ...]}: cell i lies on sheet
  /// i / per_sheet, there at row-major place i % per_sheet.
  nlohmann::json to_json() const;

 private:
  at::Tensor sheet(int64_t first) const;

  int64_t height_, width_;
  std::vector<at::Tensor> cells_;                    // (3, height, width) uint8
  std::unordered_map<std::string, int64_t> number_;  // by the image's bytes
};

}  // namespace afterimage
