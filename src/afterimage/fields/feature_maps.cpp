#include "afterimage/fields/feature_maps.h"

#include <ATen/ATen.h>

namespace afterimage {

FeatureMaps::FeatureMaps(int64_t features, at::Tensor cells, std::array<int64_t, 2> rows,
                         int64_t levels)
    : features_(features), rows_(rows) {
  for (int64_t l = 0; l < levels; ++l) {
    Level level{cells, {}};
    const int64_t side = cells.size(0);
    for (size_t h = 0; h < 2; ++h) {
      level.half[h] = at::empty({side, side, features * rows[h]}, at::kFloat);
    }
    levels_.push_back(std::move(level));
    if (side % 2 != 0 || side < 16) break;
    cells = cells.view({side / 2, 2}).mean(1);
  }
}

void FeatureMaps::set(int half, int64_t first, const at::Tensor& maps) {
  const auto h = static_cast<size_t>(half);
  at::Tensor finer = maps;
  for (size_t l = 0; l < levels_.size(); ++l) {
    if (l > 0) finer = at::avg_pool2d(finer, 2);
    const int64_t side = levels_[l].cells.size(0);
    levels_[l]
        .half[h]
        .view({side, side, features_, rows_[h]})
        .narrow(3, first, maps.size(0))
        .copy_(finer.permute({2, 3, 1, 0}));
  }
}

/// The coarsest whose cells are still narrow beside the field.
const FeatureMaps::Level& FeatureMaps::level_for(double size) const {
  constexpr double cells_per_size = 1.5;
  const Level* chosen = &levels_.front();
  for (const auto& level : levels_) {
    if (size * static_cast<double>(level.cells.size(0)) >= cells_per_size) chosen = &level;
  }
  return *chosen;
}

at::Tensor FeatureMaps::pooled(int half, const std::vector<GaussianField>& fields) const {
  const Level& level = level_for(fields.front().size);
  std::vector<at::Tensor> weights;
  for (const auto& field : fields) {
    const GaussianAxis x(level.cells, field.x, field.size), y(level.cells, field.y, field.size);
    weights.push_back(at::outer(y.value, x.value).flatten());
  }
  const auto h = static_cast<size_t>(half);
  return at::stack(weights)
      .to(at::kFloat)
      .mm(level.half[h].flatten(0, 1))  // (field, y * x) x (y * x, feature * row)
      .view({static_cast<int64_t>(fields.size()), features_, rows_[h]});
}

at::Tensor FeatureMaps::with_derivatives(int half, const GaussianField& field) const {
  const auto h = static_cast<size_t>(half);
  const Level& level = level_for(field.size);
  const GaussianAxis x(level.cells, field.x, field.size), y(level.cells, field.y, field.size);
  const auto weights =
      at::stack({at::outer(y.value, x.value), at::outer(y.value, x.by_centre),
                 at::outer(y.by_centre, x.value),
                 at::outer(y.by_log_size, x.value) + at::outer(y.value, x.by_log_size)})
          .narrow(2, x.first, x.count)
          .to(at::kFloat);  // (4, y, window)
  auto out = at::zeros({4, features_ * rows_[h]}, at::kFloat);
  for (int64_t row = y.first; row < y.first + y.count; ++row) {
    out.addmm_(weights.select(1, row), level.half[h][row].narrow(0, x.first, x.count));
  }
  return out.view({4, features_, rows_[h]});
}

}  // namespace afterimage
