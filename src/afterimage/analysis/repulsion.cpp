#include "afterimage/analysis/repulsion.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace afterimage {
namespace {

constexpr int64_t stencil = 4;  // nodes a point uses per axis: cubic interpolation
constexpr double widest_spacing = 1.0 / 3;
constexpr int64_t fewest_nodes = 150;
constexpr int64_t nodes_step = 30;  // a grid grows by these
/// Of the convolutions: with kernels as smooth as these, double changes nothing but the time.
constexpr auto grid_type = at::kFloat;
using GridValue = float;

/// Where a coordinate lies: the first of its nodes, and the Lagrange weights of the four.
struct Place {
  int64_t node;
  std::array<double, stencil> weight;
};

/// `offset` in node spacings from the first node, at least 1.
Place place(double offset) {
  const double whole = std::floor(offset), t = offset - whole;
  return {static_cast<int64_t>(whole) - 1,
          {-t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2, -(t + 1) * t * (t - 2) / 2,
           (t + 1) * t * (t - 1) / 6}};
}

/// sum_m w_m w_(m+apart): what a point's weights say of themselves.
double own(const Place& place, size_t apart) {
  double sum = 0;
  for (size_t m = 0; m + apart < stencil; ++m) sum += place.weight[m] * place.weight[m + apart];
  return apart == 0 ? sum : 2 * sum;  // either way round
}

/// What a point hands itself of Z over the grid, in place of the 1 it should not get.
double own_z(const Place& x, const Place& y, double spacing) {
  double sum = 0;
  for (size_t r = 0; r < stencil; ++r) {
    for (size_t c = 0; c < stencil; ++c) {
      const double square = spacing * spacing * static_cast<double>(r * r + c * c);
      sum += own(y, r) * own(x, c) / (1 + square);
    }
  }
  return sum;
}

}  // namespace

Repulsion exact_repulsion(const at::Tensor& points) {
  const int64_t n = points.size(0);
  const auto x = points.select(1, 0).contiguous(), y = points.select(1, 1).contiguous();
  const auto *px = x.const_data_ptr<double>(), *py = y.const_data_ptr<double>();
  Repulsion out{at::empty({n, 2}, at::kDouble), 0};
  auto* force = out.force.mutable_data_ptr<double>();
  std::vector<double> row_z(static_cast<size_t>(n));
  at::parallel_for(0, n, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      double fx = 0, fy = 0, z = 0;
#pragma omp simd reduction(+ : fx, fy, z)
      for (int64_t j = 0; j < n; ++j) {
        const double dx = px[i] - px[j], dy = py[i] - py[j];
        const double q = 1 / (1 + dx * dx + dy * dy);
        z += q;
        fx += q * q * dx;
        fy += q * q * dy;
      }
      force[2 * i] = fx;
      force[2 * i + 1] = fy;
      row_z[static_cast<size_t>(i)] = z - 1;  // but for itself
    }
  });
  for (const double z : row_z) out.z += z;
  return out;
}

void GridRepulsion::lay_grid(double low, double high) {
  // A grid that grows in steps, its nodes equally far apart: its kernels serve many iterations.
  const auto wanted = static_cast<int64_t>(std::ceil((high - low) / widest_spacing)) + stencil;
  const int64_t nodes = std::max(fewest_nodes, (wanted + nodes_step - 1) / nodes_step * nodes_step);
  const double spacing = wanted > fewest_nodes
                             ? widest_spacing
                             : (high - low) / static_cast<double>(fewest_nodes - stencil);
  if (nodes_ == nodes && spacing_ == spacing) return;
  nodes_ = nodes;
  spacing_ = spacing;
  // Circular distances 0, 1, ..., nodes - 1, 0 (not used), -(nodes - 1), ..., -1
  auto distance = at::arange(2 * nodes_, at::kDouble);
  distance = (distance - (distance > nodes_).to(at::kDouble) * (2 * nodes_)) * spacing_;
  const auto q = (1 + distance.square().unsqueeze(1) + distance.square()).reciprocal();  // (y, x)
  const auto along = q.square() * distance;
  auto kernels = at::stack({along, q.square() * distance.unsqueeze(1), q});
  kernels.select(1, nodes_).zero_();
  kernels.select(2, nodes_).zero_();
  kernels_ = at::fft_rfft2(kernels).to(at::toComplexType(grid_type));
}

Repulsion GridRepulsion::operator()(const at::Tensor& points) {
  const int64_t n = points.size(0);
  const auto* p = points.const_data_ptr<double>();
  const double low = points.min().item<double>(), high = points.max().item<double>();
  lay_grid(low, high);
  const auto charge = at::zeros({nodes_, nodes_}, grid_type);  // (y, x)
  auto* node = charge.mutable_data_ptr<GridValue>();
  std::vector<std::array<Place, 2>> places(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) {  // in one thread: the sums keep their order
    auto& [x, y] = places[static_cast<size_t>(i)];
    x = place((p[2 * i] - low) / spacing_ + 1);
    y = place((p[2 * i + 1] - low) / spacing_ + 1);
    for (int64_t r = 0; r < stencil; ++r) {
      for (int64_t c = 0; c < stencil; ++c) {
        node[(y.node + r) * nodes_ + x.node + c] += static_cast<GridValue>(
            y.weight[static_cast<size_t>(r)] * x.weight[static_cast<size_t>(c)]);
      }
    }
  }

  // Row by row, so that the zeros around the charges are not transformed along x.
  auto wave = at::fft_fft(at::fft_rfft(charge, 2 * nodes_, 1), 2 * nodes_, 0);
  wave = at::fft_ifft(kernels_ * wave, std::nullopt, 1).slice(1, 0, nodes_);
  const auto fields =
      at::fft_irfft(wave, 2 * nodes_, 2).slice(2, 0, nodes_).contiguous();  // (3, y, x)

  const auto* field = fields.const_data_ptr<GridValue>();
  Repulsion out{at::empty({n, 2}, at::kDouble), 0};
  auto* force = out.force.mutable_data_ptr<double>();
  std::vector<double> row_z(static_cast<size_t>(n));
  at::parallel_for(0, n, 1024, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto& [x, y] = places[static_cast<size_t>(i)];
      std::array<double, 3> sum{};
      for (int64_t r = 0; r < stencil; ++r) {
        for (int64_t c = 0; c < stencil; ++c) {
          const double weight = y.weight[static_cast<size_t>(r)] * x.weight[static_cast<size_t>(c)];
          const int64_t at = (y.node + r) * nodes_ + x.node + c;
          for (size_t f = 0; f < 3; ++f) {
            sum[f] += weight * field[static_cast<int64_t>(f) * nodes_ * nodes_ + at];
          }
        }
      }
      force[2 * i] = sum[0];
      force[2 * i + 1] = sum[1];
      row_z[static_cast<size_t>(i)] = sum[2] - own_z(x, y, spacing_);
    }
  });
  for (const double z : row_z) out.z += z;
  return out;
}

}  // namespace afterimage
