#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace afterimage {

/// Predictors and targets, read by rows when asked for, so that neither must fit in memory.
struct RegressionData {
  using Rows = std::vector<int64_t>;

  int64_t rows = 0;
  int64_t predictors = 0;
  int64_t targets = 0;
  std::function<at::Tensor(const Rows&)> x;  ///< rows -> (n, predictors), floating point
  /// rows, first, last -> (n, last - first): targets first, ..., last - 1.
  std::function<at::Tensor(const Rows&, int64_t, int64_t)> y;
};

/// The same of tensors x (n, p) and y (n, q).
RegressionData regression_data(const at::Tensor& x, const at::Tensor& y);

/// Rows of one of the two, measured from their mean over all rows. Kept in memory where they take
/// at most `memory` bytes, read again and again where not.
class CentredRows {
 public:
  using Rows = RegressionData::Rows;
  using Read = std::function<at::Tensor(const Rows&, int64_t, int64_t)>;

  CentredRows(Read read, int64_t rows, int64_t columns, const c10::Device& device, int64_t memory);

  /// Columns first, ..., last - 1 of some rows: (n, last - first).
  at::Tensor read(const Rows& rows, int64_t first, int64_t last, at::ScalarType type) const;
  at::Tensor read(const Rows& rows, at::ScalarType type) const {
    return read(rows, 0, mean_.size(0), type);
  }
  const at::Tensor& mean() const { return mean_; }  ///< (columns) float64
  bool kept() const { return whole_.defined(); }

 private:
  at::Tensor raw(const Rows& rows, int64_t first, int64_t last) const;

  Read read_;
  c10::Device device_;
  at::Tensor mean_, whole_;
};

/// The rows in batches of at most `size`, in order.
std::vector<RegressionData::Rows> batches_of(const RegressionData::Rows& rows, int64_t size);

}  // namespace afterimage
