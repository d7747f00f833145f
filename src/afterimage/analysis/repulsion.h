#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace afterimage {

/// What pushes the points of a t-SNE map apart: for points y (n, 2),
///   force_i = sum_j (y_i - y_j) / (1 + |y_i - y_j|^2)^2,     Z = sum_{i != j} 1 / (1 + |.|^2)
struct Repulsion {
  at::Tensor force;  ///< (n, 2) float64
  double z = 0;
};

/// Pair by pair.
Repulsion exact_repulsion(const at::Tensor& points);

/// By interpolation (FIt-SNE; Linderman et al. 2019): points hand their weight to a regular grid,
/// three nodes per unit and axis, a cubic
/// between them, and take the fields back from it; between the nodes the sums are
/// convolutions, done by FFT. Here the kernels are those of the force itself (an odd one per axis)
/// and of Z, so that there is one charge and nothing large cancels.
class GridRepulsion {
 public:
  Repulsion operator()(const at::Tensor& points);

 private:
  void lay_grid(double low, double high);

  int64_t nodes_ = 0;   // per axis
  double spacing_ = 0;  // between nodes
  at::Tensor kernels_;  // (3, 2 nodes, nodes + 1) complex: force along x, along y, Z
};

}  // namespace afterimage
