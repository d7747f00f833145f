#include "afterimage/evaluation/stimuli.h"

#include <ATen/ATen.h>

namespace afterimage {

Stimuli::Stimuli(int64_t rows)
    : of_row_(at::arange(rows, at::kLong)), first_row_(at::arange(rows, at::kLong)) {}

Stimuli::Stimuli(const std::vector<int64_t>& of_row) : of_row_(at::tensor(of_row, at::kLong)) {
  std::vector<int64_t> first;
  for (size_t row = 0; row < of_row.size(); ++row) {
    TORCH_INTERNAL_ASSERT(of_row[row] <= std::ssize(first));
    if (of_row[row] == std::ssize(first)) first.push_back(static_cast<int64_t>(row));
  }
  first_row_ = at::tensor(first, at::kLong);
}

at::Tensor Stimuli::firsts(const at::Tensor& images) const {
  return one_row_each() ? images : images.index_select(0, first_row_.to(images.device()));
}

at::Tensor Stimuli::mean(const at::Tensor& values) const {
  TORCH_INTERNAL_ASSERT(values.dim() == 2 && values.size(0) == rows());
  if (one_row_each()) return values;
  // From the first row of each: equal rows then have exactly their own value as mean.
  const auto trials = at::bincount(of_row_, {}, count()).to(values.scalar_type()).unsqueeze(1);
  const auto first = firsts(values);
  const auto beyond =
      at::zeros_like(first).index_add_(0, of_row_, values - first.index_select(0, of_row_));
  return first + beyond / trials;
}

}  // namespace afterimage
