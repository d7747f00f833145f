#include "afterimage/evaluation/structure.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace afterimage {
namespace {

using std::numbers::pi;

constexpr int64_t kHogOrientations = 9, kGaborOrientations = 8, kOctaves = 4;
constexpr int64_t kTaps = 9, kGrid = 4, kSmallest = 8;

/// Each block of 2 x 2 cells as one vector: (n, 9, cy, cx) -> (n, by, bx, 36).
at::Tensor blocks_of(const at::Tensor& cells) {
  const auto rows = cells.unfold(2, 2, 1).unfold(3, 2, 1);  // (n, 9, by, bx, 2, 2)
  return rows.permute({0, 2, 3, 4, 5, 1}).flatten(3);
}

at::Tensor of_unit_length(const at::Tensor& blocks) {
  constexpr double epsilon = 1e-5;
  return blocks / (blocks.square().sum(-1, /*keepdim=*/true) + epsilon * epsilon).sqrt();
}

/// Even and odd Gabors of every orientation: (2 x 8, 1, 9, 9).
at::Tensor gabors(const at::TensorOptions& options) {
  constexpr double wavelength = 4, sigma = 2;
  const auto at_tap = at::arange(kTaps, at::kDouble) - kTaps / 2;
  const auto y = at_tap.view({-1, 1}), x = at_tap.view({1, -1});
  const auto bell = (-(x.square() + y.square()) / (2 * sigma * sigma)).exp();
  std::vector<at::Tensor> even, odd;
  for (int64_t i = 0; i < kGaborOrientations; ++i) {
    const double angle = pi * static_cast<double>(i) / kGaborOrientations;
    const auto phase = (x * std::cos(angle) + y * std::sin(angle)) * (2 * pi / wavelength);
    const auto wave = bell * phase.cos();
    even.push_back(wave - bell * (wave.sum() / bell.sum()));
    odd.push_back(bell * phase.sin());
  }
  even.insert(even.end(), odd.begin(), odd.end());
  return at::stack(even).unsqueeze(1).to(options) / bell.sum().item<double>();
}

/// For each ring its share of every frequency: (radii, H x W).
at::Tensor rings(int64_t height, int64_t width, const at::TensorOptions& options) {
  const auto side = static_cast<double>(std::min(height, width));
  const auto wide = options.dtype(at::kDouble);
  const auto fy = at::fft_fftfreq(height, 1.0, wide).view({-1, 1});
  const auto fx = at::fft_fftfreq(width, 1.0, wide).view({1, -1});
  const auto radius = ((fy.square() + fx.square()).sqrt() * side).round().flatten();
  const auto wanted = at::arange(1, std::min(height, width) / 2 + 1, wide).unsqueeze(1);
  const auto member = radius.unsqueeze(0).eq(wanted).to(at::kDouble);
  return (member / member.sum(1, /*keepdim=*/true)).to(options);
}

at::Tensor hann(int64_t size, const at::TensorOptions& options) {
  const auto place = (at::arange(size, options) + 0.5) / static_cast<double>(size);
  return (place * pi).sin().square();
}

/// Of pixels from 0 to 1: what rounding leaves of a constant image is below it.
constexpr double kNoEnergy = 1e-5;

}  // namespace

int64_t hog_cell(int64_t side) { return std::max<int64_t>(2, side / 8); }

at::Tensor hog(const at::Tensor& images) {
  const auto gray = images.squeeze(1);  // (n, y, x)
  const int64_t height = gray.size(1), width = gray.size(2);
  auto gy = at::zeros_like(gray), gx = at::zeros_like(gray);
  gy.slice(1, 1, height - 1).copy_(gray.slice(1, 2, height) - gray.slice(1, 0, height - 2));
  gx.slice(2, 1, width - 1).copy_(gray.slice(2, 2, width) - gray.slice(2, 0, width - 2));
  const auto magnitude = at::hypot(gx, gy);
  const auto degrees = at::remainder(at::rad2deg(at::atan2(gy, gx)), 180.0);
  const auto bin = (degrees * (kHogOrientations / 180.0)).floor().clamp_max(kHogOrientations - 1);
  std::vector<at::Tensor> cells;
  const auto cell = hog_cell(std::min(height, width));
  for (int64_t k = 0; k < kHogOrientations; ++k) {
    const auto own = at::where(bin.eq(k), magnitude, at::zeros_like(magnitude));
    cells.push_back(at::avg_pool2d(own.unsqueeze(1), cell));  // (n, 1, cy, cx)
  }
  const auto blocks = of_unit_length(blocks_of(at::cat(cells, 1)));
  return of_unit_length(blocks.clamp_max(0.2)).flatten(1);
}

at::Tensor oriented_energy(const at::Tensor& images) {
  const auto filters = gabors(images.options());
  std::vector<at::Tensor> parts;
  auto octave = images;
  for (int64_t i = 0; i < kOctaves && std::min(octave.size(2), octave.size(3)) >= kSmallest; ++i) {
    const auto padded = at::replication_pad2d(octave, {kTaps / 2, kTaps / 2, kTaps / 2, kTaps / 2});
    const auto pair = at::conv2d(padded, filters).chunk(2, 1);  // even and odd (n, 8, y, x)
    auto energy = (pair[0].square() + pair[1].square()).sqrt();
    energy = at::where(energy > kNoEnergy, energy, at::zeros({}, energy.options()));
    parts.push_back(at::adaptive_avg_pool2d(energy, {kGrid, kGrid}).flatten(1));
    octave = at::avg_pool2d(octave, 2);
  }
  return at::cat(parts, 1);
}

at::Tensor log_spectrum(const at::Tensor& images) {
  const auto gray = images.squeeze(1);
  const int64_t height = gray.size(1), width = gray.size(2);
  const auto window =
      hann(height, gray.options()).view({-1, 1}) * hann(width, gray.options()).view({1, -1});
  const auto wave = at::fft_fft2((gray - gray.mean({1, 2}, /*keepdim=*/true)) * window);
  const auto power = wave.abs().square().flatten(1) / window.square().sum();
  const auto by_radius = at::mm(power, rings(height, width, gray.options()).t());  // (n, radii)
  constexpr double rounding = 1.0 / (12 * 255.0 * 255.0);
  return (by_radius + rounding).log10();
}

}  // namespace afterimage
