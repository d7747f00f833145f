#pragma once

#include <ATen/core/Tensor.h>

#include "afterimage/projections/attention_parts.h"

namespace afterimage {

/// IRFA's attention A[n,c,y,x] = sum_h softmax_h(S) V by exact factorisation. In the interior
///   exp S = exp(score) exp(score_x) exp(score_y),
/// so that numerator and denominator are products of rank 2h and h, one pair of matrix products per
/// channel over all samples; the few border rows and columns, whose scores belong to other classes,
/// are computed directly. Forward and backward never form the (n, h, c, y, x) tensor.
///
/// Each factor is taken relative to its largest array, so nothing overflows. Where arrays are so
/// far apart that the denominator might underflow (scores beyond about +-60 in float32, +-600 in
/// float64), the channel is computed directly, tile by tile: scores of any size are exact.
///
/// `grid` must be where the parts are. -> (n, c, y, x). Differentiable once in all parts.
at::Tensor attend(const AttentionParts& parts, const c10::intrusive_ptr<AttentionGrid>& grid);

}  // namespace afterimage
