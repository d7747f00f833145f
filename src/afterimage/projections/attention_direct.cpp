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
  const auto along_x = columns(parts.score_x, 3, tile).index_select(2, class_y);  // (c, h, y, x)
  const auto along_y =
      rows(parts.score_y, 3, tile).index_select(2, class_x).transpose(2, 3);  // (c, h, y, x)
  auto scores = parts.score.index_select(2, class_y).index_select(4, class_x);
  scores += (along_x + along_y).unsqueeze(3);  // (c, h, y, n, x)
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
