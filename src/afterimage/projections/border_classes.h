#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// Which taps of a kernel of `k` fall inside an axis of `length` positions under PyTorch's 'same'
/// padding (for even k one zero more behind than before). Positions with the same taps form a
/// class; a class is a run of neighbours. All taps are inside in the `interior`, where the axis is
/// long enough to have one.
struct BorderClasses {
  BorderClasses() = default;
  BorderClasses(int64_t length, int64_t k);

  int64_t count() const { return taps.size(0); }

  /// Positions [begin, end) of a class.
  struct Run {
    int64_t begin, end;
  };

  int64_t pad_before = 0, pad_after = 0;
  std::vector<Run> runs;       ///< of each class
  std::vector<int64_t> of;     ///< class of each position
  int64_t interior = 0;        ///< its class, where it has positions
  int64_t begin = 0, end = 0;  ///< positions of the interior
  at::Tensor taps;             ///< (class, k) float64: 1 where the tap is inside
  at::Tensor members;          ///< (position, class) float64: 1 for a position's class
};

}  // namespace afterimage
