#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"

namespace afterimage {

/// A + lambda = Q L L' Q' for one lambda: L is lower triangular and block bidiagonal.
class ShiftedBand {
 public:
  /// x becomes L^-1 x, L^-T x; x: (m, q). 4 m q x width operations each.
  void forward(at::Tensor x) const;
  void backward(at::Tensor x) const;

 private:
  friend class BandReduction;
  std::vector<int64_t> size_;
  std::vector<at::Tensor> inverse_, down_, up_;
};

/// A symmetric matrix A (m, m) reduced to a band, A = Q B Q', by blocked Householder
/// transformations (Bischof, Lang & Sun 2000, the first half of their reduction to tridiagonal
/// form): what serves many shifts A + lambda, as an eigendecomposition does, at a fifth of its
/// time, as nearly all of it is matrix products.
class BandReduction {
 public:
  static constexpr int64_t width = 64;

  /// `a` (symmetric.h: its lower triangle) is overwritten, and kept.
  BandReduction(at::Tensor a, const RunContext& run);

  int64_t size() const { return a_.size(0); }

  /// x becomes Q'x, Q x; x: (m, q), float64 or float32.
  void rotate(at::Tensor x) const;
  void rotate_back(at::Tensor x) const;

  /// The factor for vectors of this type. False when B + lambda is not positive definite to
  /// rounding.
  bool shift(double lambda, ShiftedBand& band, at::ScalarType type = at::kDouble) const;

  /// Condition number of A + lambda, to a small factor.
  double condition(double lambda) const { return (largest_ + lambda) / (least_ + lambda); }

 private:
  struct Reflection {
    int64_t row;   // the first of the rows it acts on
    at::Tensor v;  // (m - row, k), a view of a_: I - v t v'
    at::Tensor t;  // (k, k)
  };
  void reflect(int64_t row);
  void find_ends();
  void rotate(at::Tensor x, bool back) const;

  RunContext run_;
  at::Tensor a_;
  std::vector<Reflection> reflections_;
  std::vector<at::Tensor> diagonal_, below_;  // blocks of B
  double least_ = 0, largest_ = 0;            // eigenvalues, roughly
};

}  // namespace afterimage
