#include "afterimage/projections/attention_direct.h"

#include <ATen/ATen.h>

namespace afterimage {
namespace {

at::Tensor rows(const at::Tensor& values, int64_t dim, const MapTile& tile) {
  return values.slice(dim, tile.top, tile.bottom);
}

at::Tensor columns(const at::Tensor& values, int64_t dim, const MapTile& tile) {
  return values.slice(dim, tile.left, tile.right);
}

at::Tensor tile_values(const AttentionParts& parts, const MapTile& tile) {
  return parts.value.unsqueeze(2).unsqueeze(4) +
         columns(parts.value_x, 2, tile).unsqueeze(2).unsqueeze(3) +
         rows(parts.value_y, 2, tile).unsqueeze(3).unsqueeze(4);
}

}  // namespace

at::Tensor direct_weights(const AttentionParts& parts, const AttentionGrid& grid,
                          const MapTile& tile) {
  const auto class_y = rows(grid.class_of, 0, tile), class_x = columns(grid.class_of, 0, tile);
  const auto along_x = columns(parts.score_x, 3, tile).index_select(2, class_y);
  const auto along_y = rows(parts.score_y, 3, tile).index_select(2, class_x).transpose(2, 3);
  const auto along_both = (along_x + along_y).unsqueeze(3);     // (c, h, y, 1, x)
  const auto of_sample = parts.score.index_select(2, class_y);  // (c, h, y, n, rx)
  auto scores = at::empty(
      {along_x.size(0), along_x.size(1), along_x.size(2), of_sample.size(3), along_x.size(3)},
      along_x.options());
  for (size_t r = 0; r < grid.axis.runs.size(); ++r) {  // one class of x after the other
    const int64_t begin = std::max(grid.axis.runs[r].begin, tile.left);
    const int64_t end = std::min(grid.axis.runs[r].end, tile.right);
    if (begin >= end) continue;
    auto part = scores.slice(4, begin - tile.left, end - tile.left);
    at::add_out(part, along_both.slice(4, begin - tile.left, end - tile.left),
                of_sample.narrow(4, static_cast<int64_t>(r), 1));
  }
  return at::softmax(scores, 1);
}

at::Tensor direct_forward(const AttentionParts& parts, const AttentionGrid& grid,
                          const MapTile& tile) {
  return direct_weights(parts, grid, tile).mul_(tile_values(parts, tile)).sum(1);
}

void direct_backward(const AttentionParts& parts, const AttentionGrid& grid, const MapTile& tile,
                     const at::Tensor& out, const at::Tensor& given,
                     const AttentionParts& gradients) {
  const auto member_y = rows(grid.members, 0, tile), member_x = columns(grid.members, 0, tile);
  const auto of_value = direct_weights(parts, grid, tile).mul_(given.unsqueeze(1));
  const auto of_value_yx = of_value.sum(3);  // (c, h, y, x)
  columns(gradients.value_x, 2, tile).add_(of_value_yx.sum(2));
  rows(gradients.value_y, 2, tile).add_(of_value_yx.sum(3));
  gradients.value.add_(of_value.sum({2, 4}));

  // dS = W (V - A) dA
  const auto of_score = (tile_values(parts, tile) - out.unsqueeze(1)).mul_(of_value);
  const auto of_score_yx = of_score.sum(3);  // (c, h, y, x)
  columns(gradients.score_x, 3, tile).add_(at::matmul(member_y.t(), of_score_yx));
  rows(gradients.score_y, 3, tile).add_(at::matmul(member_x.t(), of_score_yx.transpose(2, 3)));
  const auto by_column = at::matmul(of_score, member_x);  // (c, h, y, n, rx)
  gradients.score.add_(at::matmul(member_y.t(), by_column.flatten(3)).view_as(gradients.score));
}

}  // namespace afterimage
