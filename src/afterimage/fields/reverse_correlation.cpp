#include "afterimage/fields/reverse_correlation.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "afterimage/fields/gabor_fit.h"
#include "afterimage/fields/gaussian.h"
#include "afterimage/fields/moments.h"

namespace afterimage {
namespace {

const std::vector<double> kPenalties = {0.01, 0.03, 0.1, 0.3, 1, 3, 10};

/// Luminance and contrast (root mean square around the cell's mean) of the cells of a grid:
/// (n, 3, A, A) in [0,1] -> (n, 2, grid, grid).
at::Tensor cell_features(const at::Tensor& images, int64_t grid) {
  const auto light = images.mean(1, true);
  const auto mean = at::adaptive_avg_pool2d(light, {grid, grid});
  const auto square = at::adaptive_avg_pool2d(light.square(), {grid, grid});
  return at::cat({mean, (square - mean.square()).clamp_min(0).add(1e-6).sqrt()}, 1);
}

/// Blurs a grid: (cell, cell) float32, symmetric up to the borders.
at::Tensor blur_matrix(int64_t grid, double width) {
  const auto cells = even_cells(grid);
  const auto along = at::softmax(
      -0.5 * ((cells.unsqueeze(0) - cells.unsqueeze(1)) / width).square(), 1);  // (to, from)
  return at::kron(along, along).to(at::kFloat);
}

struct Linear {
  at::Tensor slope;      // (F, S) for regressors as they are, float64
  at::Tensor intercept;  // (S)
};

/// The ridge regression whose penalty each response chooses by generalised cross-validation.
Linear fit(const Moments& moments) {
  const auto choice = ridge_gcv(moments, kPenalties).argmin(0);  // (S)
  auto slope = at::zeros_like(moments.cross);
  for (size_t p = 0; p < kPenalties.size(); ++p) {
    const auto ridge = ridge_fit(moments, kPenalties[p]);
    const auto found = ridge.weights / ridge.scale.unsqueeze(1);
    slope = at::where(choice.eq(static_cast<int64_t>(p)).unsqueeze(0), found, slope);
  }
  return {slope, moments.response_mean - moments.mean.unsqueeze(0).mm(slope).squeeze(0)};
}

struct Regions {
  at::Tensor x, y, size;  // (S)
};

/// Peaks of squared maps (S, grid, grid) as fields.
Regions regions(const at::Tensor& power) {
  constexpr int64_t finer = 4;
  const int64_t side = power.size(2) * finer;
  const auto fine =
      at::upsample_bicubic2d(power.unsqueeze(1), {side, side}, /*align_corners=*/false)
          .squeeze(1)
          .clamp_min(0);
  const auto inside = fine * (fine > 0.5 * fine.amax({1, 2}, true));  // (S, y, x)
  const auto cells = even_cells(side);
  const auto total = inside.sum({1, 2}).clamp_min(1e-30);
  const auto area = (inside > 0).sum({1, 2}).to(at::kDouble) / static_cast<double>(side * side);
  // A Gaussian of size s has a squared map above half its peak within s sqrt(ln 2).
  return {(inside.sum(1) * cells).sum(1) / total, (inside.sum(2) * cells).sum(1) / total,
          (area / (std::numbers::pi * std::numbers::ln2)).sqrt()};
}

/// Luminance and contrast maps of the weights together: (S, grid, grid).
at::Tensor squared_maps(const Linear& linear, const at::Tensor& blur, const at::Tensor& spread,
                        int64_t grid) {
  const auto both = linear.slope.view({2, grid * grid, -1});  // (kind, cell, S)
  const auto maps = at::matmul(blur.to(at::kDouble).t(), both) * spread.view({2, grid * grid, 1});
  return maps.square().sum(0).t().reshape({-1, grid, grid}).contiguous();
}

}  // namespace

Options ReverseCorrelation::options() {
  return {
      Option("grid", grid_, "cells per side of the map").range(4, 32),
      Option("smooth", smooth_, "width the map is held smooth over")
          .range(0.001, 1)
          .unit("stimulus widths"),
      Option("oriented", oriented_,
             "also fit Gabors; sensors they predict better get the size of their envelope"),
  };
}

ReceptiveFields ReverseCorrelation::estimate(const FieldData& data, const std::vector<std::string>&,
                                             const RunContext& run) {
  const torch::NoGradGuard no_gradients;
  run.say("Correlating responses with luminance and contrast");
  const int64_t grid = std::min(grid_, data.side());
  std::vector<at::Tensor> parts;
  for (int64_t first = 0; first < data.count(); first += 256) {
    const int64_t n = std::min<int64_t>(256, data.count() - first);
    parts.push_back(cell_features(data.float_images(first, n), grid).flatten(2));
  }
  const auto cells = at::cat(parts);  // (n, 2, cell)
  const auto spread = cells.std(0, false).to(at::kDouble);
  const auto blur = blur_matrix(grid, smooth_);
  const auto regressors = at::matmul(cells, blur.t()).flatten(1).t().contiguous();  // (F, n)

  std::array<Moments, 2> half;
  std::array<at::Tensor, 2> x, y;
  for (int h = 0; h < 2; ++h) {
    const auto i = static_cast<size_t>(h);
    x[i] = regressors.narrow(1, data.start_of(h), data.rows_of(h));
    y[i] = data.responses.narrow(0, data.start_of(h), data.rows_of(h));
    half[i] = Moments::of(x[i], y[i]);
  }
  const std::array fits = {fit(half[0]), fit(half[1]), fit(half[0] + half[1])};
  std::array<Regions, 3> found;
  for (size_t i = 0; i < 3; ++i) {
    found[i] = regions(squared_maps(fits[i], blur, spread, grid));
  }
  at::Tensor error, total;
  for (size_t i = 0; i < 2; ++i) {  // each half by the fit to the other
    const auto& other = fits[1 - i];
    const auto truth = y[i].to(at::kDouble);
    const auto predicted = x[i].to(at::kDouble).t().mm(other.slope) + other.intercept;
    const auto e = (truth - predicted).square().sum(0);
    const auto t = (truth - truth.mean(0)).square().sum(0);
    error = i == 0 ? e : error + e;
    total = i == 0 ? t : total + t;
  }
  ReceptiveFields out{
      found[2].x, found[2].y, found[2].size, 1 - error / total.clamp_min(1e-30),
      ((found[0].x - found[1].x).square() + (found[0].y - found[1].y).square()).sqrt()};
  if (oriented_) take_gabors(fit_gabors(data, out.r2, run), out);
  return out;
}

}  // namespace afterimage
