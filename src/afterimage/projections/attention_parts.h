#pragma once

#include <array>
#include <cstdint>

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include "afterimage/projections/border_classes.h"

namespace afterimage {

/// IRFA's scores and values as sums of a part that depends on the sample, one that depends on x
/// and one that depends on y; nothing depends on all three.
///
///   S[n,h,c,y,x] = score[c,h,ry,n,rx] + score_x[c,h,ry,x] + score_y[c,h,rx,y]
///   V[n,h,c,y,x] = value[c,h,n]       + value_x[c,h,x]    + value_y[c,h,y]
///
/// with ry, rx the border classes of y and x. h are the arrays over which the softmax runs; a score
/// of minus infinity leaves an array out.
struct AttentionParts {
  at::Tensor score;    ///< (c, h, ry, n, rx)
  at::Tensor score_x;  ///< (c, h, ry, x)
  at::Tensor score_y;  ///< (c, h, rx, y)
  at::Tensor value;    ///< (c, h, n)
  at::Tensor value_x;  ///< (c, h, x)
  at::Tensor value_y;  ///< (c, h, y)

  static constexpr size_t count = 6;
  std::array<at::Tensor, count> all() const {
    return {score, score_x, score_y, value, value_x, value_y};
  }
  template <typename List>
  static AttentionParts of(const List& l) {
    return {l[0], l[1], l[2], l[3], l[4], l[5]};
  }
  /// The same of some channels.
  AttentionParts channels(const at::Tensor& rows) const;
  AttentionParts zeros_like() const;
  /// The same with x and y exchanged; views.
  AttentionParts transposed() const;
  /// Adds `other` to the given channels; to all where `rows` is undefined.
  void add(const AttentionParts& other, const at::Tensor& rows) const;
};

/// The square grid the parts are laid out on, and the classes that a k x k kernel makes of it.
struct AttentionGrid : torch::CustomClassHolder {
  BorderClasses axis;   ///< x and y alike
  at::Tensor class_of;  ///< (position) int64
  at::Tensor members;   ///< (position, class), floating
  at::Tensor taps;      ///< (class, k), floating
  /// Tensors are made where the parts are.
  AttentionGrid(int64_t side, int64_t k, const at::TensorOptions& options);
};

/// A rectangle of the map: rows [top, bottom), columns [left, right).
struct MapTile {
  int64_t top, bottom, left, right;
  bool empty() const { return top >= bottom || left >= right; }
  MapTile transposed() const { return {left, right, top, bottom}; }
};

}  // namespace afterimage
