#pragma once

#include <ATen/core/Tensor.h>

#include "afterimage/projections/attention_parts.h"

namespace afterimage {

/// IRFA's attention as its definition says, with the whole (c, h, y, n, x) tensor of a tile: for
/// the border, for scores too far apart to take their exponentials part by part, and for the
/// weights themselves.

/// Softmax weights over h. (c, h, y, n, x)
at::Tensor direct_weights(const AttentionParts& parts, const AttentionGrid& grid,
                          const MapTile& tile);

/// sum_h W V. (c, y, n, x)
at::Tensor direct_forward(const AttentionParts& parts, const AttentionGrid& grid,
                          const MapTile& tile);

/// Adds what the tile gives to the gradients of the parts; `out` and `given` are (c, y, n, x): the
/// tile's result and its gradient.
void direct_backward(const AttentionParts& parts, const AttentionGrid& grid, const MapTile& tile,
                     const at::Tensor& out, const at::Tensor& given,
                     const AttentionParts& gradients);

}  // namespace afterimage
