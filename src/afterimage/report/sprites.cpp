#include "afterimage/report/sprites.h"

#include <algorithm>

#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

#include "afterimage/formats/image.h"
#include "afterimage/report/html.h"

namespace afterimage {
namespace {

constexpr int64_t columns = 16;
constexpr int64_t per_sheet = 256;  // keeps a sheet within what every browser decodes

}  // namespace

std::vector<int64_t> SpriteSheets::add(const at::Tensor& images) {
  TORCH_INTERNAL_ASSERT(images.dim() == 4 && images.size(1) == 3 && images.size(2) == height_ &&
                        images.size(3) == width_);
  const at::Tensor bytes = as_bytes(images.cpu());  // (n, 3, h, w)
  std::vector<int64_t> places;
  for (int64_t i = 0; i < bytes.size(0); ++i) {
    const at::Tensor image = bytes[i];
    std::string key(reinterpret_cast<const char*>(image.const_data_ptr<uint8_t>()),
                    static_cast<size_t>(image.numel()));
    const auto [entry, fresh] = number_.try_emplace(std::move(key), cells());
    if (fresh) cells_.push_back(image);
    places.push_back(entry->second);
  }
  return places;
}

at::Tensor SpriteSheets::sheet(int64_t first) const {
  const int64_t count = std::min(per_sheet, cells() - first);
  const int64_t wide = std::min(columns, count), high = (count + columns - 1) / columns;
  at::Tensor sheet = at::zeros({3, high * height_, wide * width_}, at::kByte);
  for (int64_t i = 0; i < count; ++i) {
    sheet.narrow(1, i / columns * height_, height_)
        .narrow(2, i % columns * width_, width_)
        .copy_(cells_[static_cast<size_t>(first + i)]);
  }
  return sheet;
}

nlohmann::json SpriteSheets::to_json() const {
  auto sheets = nlohmann::json::array();
  for (int64_t first = 0; first < cells(); first += per_sheet) {
    sheets.push_back("data:image/png;base64," + base64(encode_png(sheet(first))));
  }
  return {{"width", width_},
          {"height", height_},
          {"columns", columns},
          {"per_sheet", per_sheet},
          {"sheets", std::move(sheets)}};
}

}  // namespace afterimage
