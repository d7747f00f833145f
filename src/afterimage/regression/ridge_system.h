#pragma once

#include <optional>

#include "afterimage/regression/regression_data.h"
#include "afterimage/regression/ridge_regression.h"
#include "afterimage/regression/symmetric.h"

namespace afterimage::ridge {

using Rows = RegressionData::Rows;

/// Centred data and the smaller of its two Gram matrices; not for use outside RidgeRegression.
/// Primal: X'X (p, p), coefficients are weights (p, q). Dual, with fewer rows than predictors: XX'
/// (n, n), coefficients a stand for weights X'a.
class System {
 public:
  System(const RegressionData& data, const RidgeSettings& settings, const RunContext& run);

  /// The same predictors with other targets.
  System with_targets(CentredRows y) const;

  const RidgeSettings& settings() const { return settings_; }
  const RunContext& run() const { return run_; }
  const CentredRows& x() const { return x_; }
  const CentredRows& y() const { return y_; }
  int64_t rows() const { return rows_; }
  int64_t targets() const { return y_.mean().size(0); }
  bool dual() const { return dual_; }
  int64_t size() const { return gram_.size(0); }  ///< min(n, p)

  /// Whole in the dual form, the lower triangle in the primal (symmetric.h); float64.
  const at::Tensor& gram() const { return gram_; }

  /// The dual Gram matrix has the constant vector in its null space. This constant, added to all
  /// its elements, moves that eigenvalue to the mean of all, and changes nothing else.
  double lift() const { return lift_; }

  /// What the coefficients are solved from: X'Y in the primal form, Y in the dual; (m, last -
  /// first).
  at::Tensor right(int64_t first, int64_t last, at::ScalarType type) const;

  /// X'Y over some rows, (p, last - first); primal only.
  at::Tensor cross(const Rows& rows, int64_t first, int64_t last, at::ScalarType type) const;

  /// How many of `all` things of so many bytes fit into the memory set.
  int64_t at_once(int64_t bytes_each, int64_t all) const;

 private:
  void keep_cross();
  at::Tensor primal_gram() const;
  at::Tensor dual_gram() const;

  RidgeSettings settings_;
  RunContext run_;
  int64_t rows_, predictors_;
  bool dual_;
  CentredRows x_, y_;
  at::Tensor gram_, cross_;  // cross_: X'Y of all rows, where it is kept
  double lift_ = 0;
};

/// At most `rows` targets with the same sum of squared errors, whatever is predicted linearly from
/// the rows: a Cholesky factor of YY' (n, n). None where that would not be fewer, or YY' larger
/// than the memory set.
std::optional<CentredRows> fewer_targets(const System& system);

}  // namespace afterimage::ridge
