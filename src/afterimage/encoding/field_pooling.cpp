#include "afterimage/encoding/field_pooling.h"

#include <ATen/ATen.h>

namespace afterimage {
namespace {

/// Resolutions: the maps' own, a half and a quarter, as far as they can be halved.
std::vector<at::Tensor> resolutions(at::Tensor cells, bool coarser) {
  std::vector<at::Tensor> all = {cells};
  while (coarser && all.size() < 3 && cells.size(0) % 2 == 0 && cells.size(0) >= 16) {
    cells = cells.view({-1, 2}).mean(1);
    all.push_back(cells);
  }
  return all;
}

/// The coarsest whose cells are still narrow beside the field.
size_t level_of(const GaussianField& field, const std::vector<at::Tensor>& cells) {
  constexpr double cells_per_size = 1.5;
  size_t level = 0;
  for (size_t l = 1; l < cells.size(); ++l) {
    if (field.size * static_cast<double>(cells[l].size(0)) >= cells_per_size) level = l;
  }
  return level;
}

}  // namespace

FieldPooling::FieldPooling(const std::vector<GaussianField>& fields, const at::Tensor& cells,
                           bool coarser)
    : sensors_(std::ssize(fields)) {
  const auto all = resolutions(cells, coarser);
  std::vector<std::vector<int64_t>> sensors(all.size());
  std::vector<std::vector<at::Tensor>> weights(all.size());
  for (size_t s = 0; s < fields.size(); ++s) {
    const size_t l = level_of(fields[s], all);
    const GaussianAxis x(all[l], fields[s].x, fields[s].size),
        y(all[l], fields[s].y, fields[s].size);
    sensors[l].push_back(static_cast<int64_t>(s));
    weights[l].push_back(at::outer(y.value, x.value).flatten().to(at::kFloat));
  }
  for (size_t l = 0; l < all.size(); ++l) {
    levels_.push_back({at::tensor(sensors[l], at::kLong),
                       weights[l].empty() ? at::Tensor() : at::stack(weights[l])});
  }
}

at::Tensor FieldPooling::operator()(const at::Tensor& maps) const {
  const int64_t n = maps.size(0), features = maps.size(1);
  std::vector<at::Tensor> pooled, order;
  at::Tensor level = maps;
  for (size_t l = 0; l < levels_.size(); ++l) {
    if (l > 0) level = at::avg_pool2d(level, 2);
    if (!levels_[l].weights.defined()) continue;
    const auto columns = level.flatten(2).flatten(0, 1).t();                     // (y x, n feature)
    pooled.push_back(levels_[l].weights.to(columns.scalar_type()).mm(columns));  // (k, n feature)
    order.push_back(levels_[l].sensors);
  }
  return at::cat(pooled).index_select(0, at::cat(order).argsort()).view({sensors_, n, features});
}

}  // namespace afterimage
