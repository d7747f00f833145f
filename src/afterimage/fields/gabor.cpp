#include "afterimage/fields/gabor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "afterimage/fields/gaussian.h"

namespace afterimage {
namespace {

constexpr double kCoarsest = 2.0;  // pixels per standard deviation, at least, after halving
constexpr double kFinest = 1.5;    // and without it
constexpr double kReach = 3;       // standard deviations a kernel extends

at::Tensor luminance(const FieldData& data, int half) {
  std::vector<at::Tensor> parts;
  for (int64_t first = 0; first < data.rows_of(half); first += 256) {
    const int64_t n = std::min<int64_t>(256, data.rows_of(half) - first);
    parts.push_back(data.float_images(data.start_of(half) + first, n).mean(1, true));
  }
  return at::cat(parts);
}

struct Span {
  int64_t first, count;
};

/// The cells within reach of a centre; one at least.
Span span(int64_t side, double centre, double size) {
  const auto cells = static_cast<double>(side);
  const auto cell = [&](double at) {
    return std::clamp<int64_t>(static_cast<int64_t>(std::floor(at * cells)), 0, side - 1);
  };
  const int64_t first = cell(centre - kReach * size), last = cell(centre + kReach * size);
  return {first, last - first + 1};
}

}  // namespace

at::Tensor gabor_kernels(const Gabor& gabor, const at::Tensor& x, const at::Tensor& y) {
  const auto dx = ((x - gabor.x) / gabor.size).unsqueeze(0);
  const auto dy = ((y - gabor.y) / gabor.size).unsqueeze(1);
  const auto envelope = (-0.5 * (dx.square() + dy.square())).exp();
  const auto phase = (std::cos(gabor.angle) * dx + std::sin(gabor.angle) * dy) *
                     (2 * std::numbers::pi * gabor.size / gabor.wavelength);
  auto even = envelope * phase.cos();
  even = even - envelope * (even.sum() / envelope.sum());
  auto kernels = at::stack({even, envelope * phase.sin(), envelope});
  return (kernels / kernels.norm(2, {1, 2}, true).clamp_min(1e-12)).to(at::kFloat);
}

at::Tensor gabor_features(const at::Tensor& outputs) {
  const auto energy = (outputs[0].square() + outputs[1].square() + 1e-12).sqrt();
  return at::cat({outputs, energy.unsqueeze(0)});
}

LuminancePyramid::LuminancePyramid(const FieldData& data) {
  Level finest = {luminance(data, 0), luminance(data, 1)};
  const double mean = (finest[0].sum() + finest[1].sum()).item<double>() /
                      static_cast<double>(data.count() * data.side() * data.side());
  for (auto& half : finest) half = half - mean;
  levels_.push_back(finest);
  while (levels_.back()[0].size(2) >= 16) {
    const Level& fine = levels_.back();
    levels_.push_back({at::avg_pool2d(fine[0], 2), at::avg_pool2d(fine[1], 2)});
  }
}

const LuminancePyramid::Level& LuminancePyramid::level(double size) const {
  size_t chosen = 0;
  while (chosen + 1 < levels_.size() &&
         size * static_cast<double>(levels_[chosen + 1][0].size(2)) >= kCoarsest) {
    ++chosen;
  }
  return levels_[chosen];
}

double LuminancePyramid::pixels(double size) const {
  return size * static_cast<double>(side(size));
}

double LuminancePyramid::smallest() const {
  return kFinest / static_cast<double>(levels_[0][0].size(2));
}

const at::Tensor& LuminancePyramid::images(double size, int half) const {
  return level(size)[static_cast<size_t>(half)];
}

at::Tensor LuminancePyramid::features(const Gabor& gabor, double like, int half) const {
  const auto& images = this->images(like, half);
  const int64_t side = images.size(2);
  const auto cells = even_cells(side);
  const Span x = span(side, gabor.x, gabor.size), y = span(side, gabor.y, gabor.size);
  const auto kernels =
      gabor_kernels(gabor, cells.narrow(0, x.first, x.count), cells.narrow(0, y.first, y.count));
  const auto window = images.select(1, 0).narrow(1, y.first, y.count).narrow(2, x.first, x.count);
  return gabor_features(at::mm(kernels.flatten(1), window.reshape({images.size(0), -1}).t()));
}

}  // namespace afterimage
