#include "afterimage/encoding/output_curve.h"

#include <ATen/ATen.h>

#include <limits>

namespace afterimage {
namespace {

at::Tensor powers(const at::Tensor& drive) {  // (..., 4)
  return at::stack({at::ones_like(drive), drive, drive.square(), drive.square() * drive}, -1);
}

}  // namespace

CubicFit::CubicFit(at::IntArrayRef shape) {
  auto square = shape.vec(), column = shape.vec();
  square.insert(square.end(), {4, 4});
  column.push_back(4);
  products_ = at::zeros(square, at::kDouble);
  right_ = at::zeros(column, at::kDouble);
  least_ = at::full(shape, std::numeric_limits<double>::infinity(), at::kDouble);
  largest_ = -least_;
}

void CubicFit::add(const at::Tensor& drive, const at::Tensor& response) {
  const auto z = drive.to(at::kDouble);
  const auto p = powers(z);
  products_ += (p.unsqueeze(-1) * p.unsqueeze(-2)).sum(0);
  right_ += (p * response.to(at::kDouble).unsqueeze(-1)).sum(0);
  least_ = at::minimum(least_, z.amin(0));
  largest_ = at::maximum(largest_, z.amax(0));
}

at::Tensor CubicFit::solve() const {
  // Sensors whose drive never varies have singular sums: the least-norm solution.
  const auto solved = at::linalg_pinv(products_, 1e-12, /*hermitian=*/true)
                          .matmul(right_.unsqueeze(-1))
                          .squeeze(-1);
  return at::cat({solved.movedim(-1, 0), least_.unsqueeze(0), largest_.unsqueeze(0)})
      .to(at::kFloat);
}

at::Tensor cubic_curve(const at::Tensor& curve, const at::Tensor& drive) {
  const auto z = at::minimum(at::maximum(drive, curve[4]), curve[5]);
  return curve[0] + z * (curve[1] + z * (curve[2] + z * curve[3]));
}

}  // namespace afterimage
