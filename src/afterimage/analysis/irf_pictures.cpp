#include "afterimage/analysis/irf_pictures.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/recordings/areas.h"

namespace afterimage {
namespace {

at::Tensor without_border(const at::Tensor& maps) {  // (..., y, x)
  const int64_t side = maps.size(-1), border = side / 16 + 1, inside = side - 2 * border;
  return inside > 0 ? maps.narrow(-2, border, inside).narrow(-1, border, inside) : maps;
}

/// (rows, columns) -> (3, height, width), every value a box.
at::Tensor boxes(const at::Tensor& values, int64_t height, int64_t width) {
  return at::upsample_nearest2d(values.unsqueeze(0).unsqueeze(0), {height, width})[0].expand(
      {3, -1, -1});
}

}  // namespace

at::Tensor map_picture(const at::Tensor& map, const at::Tensor& like) {
  const auto [low, high] = at::aminmax(without_border(like.defined() ? like : map));
  return ((map - low) / (high - low).clamp_min(1e-12)).clamp(0, 1).expand({3, -1, -1});
}

ImageGrid stimulus_grid(const IrfMaps& maps, const std::vector<std::string>& names,
                        const at::Tensor& images, const at::Tensor& reconstructions) {
  const auto count = std::ssize(names);
  const int64_t height = images.size(2), width = images.size(3);
  const auto order = shown_order(maps.arrays);
  const auto rows = at::tensor(std::vector<int64_t>(order.begin(), order.end()), at::kLong);
  const auto spatial = maps.spatial.narrow(0, 0, count).index_select(1, rows);  // (n, h, y, x)
  const auto feature = maps.feature.narrow(0, 0, count).index_select(1, rows);  // (n, h, C)
  ImageGrid grid{
      "stimuli",
      "Every image's inverse receptive fields: where each array is attended to (from its "
      "least to its largest over these images, the border aside), and by which features "
      "(a row per array in the same order, a column per feature; 0 is black)",
      {"shown", "reconstruction"},
      names,
      {}};
  for (const auto& array : in_shown_order(maps.arrays)) grid.columns.push_back(array);
  grid.columns.push_back("features");
  std::vector<at::Tensor> cells;
  for (int64_t i = 0; i < count; ++i) {
    cells.push_back(images[i]);
    cells.push_back(reconstructions[i]);
    for (int64_t h = 0; h < spatial.size(1); ++h) {
      const auto picture = map_picture(spatial[i][h], spatial.select(1, h));
      cells.push_back(boxes(picture[0], height, width));
    }
    cells.push_back(boxes(feature[i] / feature.max().clamp_min(1e-12), height, width));
  }
  grid.images = at::stack(cells);
  return grid;
}

}  // namespace afterimage
