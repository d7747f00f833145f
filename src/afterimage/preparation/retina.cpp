#include "afterimage/preparation/retina.h"

#include <ATen/Functions.h>

#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

/// The radii r_0 .. r_{n-1} in pixels for a first step of `step`.
std::vector<double> radii(int64_t count, double step, double r_max, double ratio) {
  const double rate = std::log(ratio) / (2 * r_max);
  std::vector<double> r = {0};
  while (static_cast<int64_t>(r.size()) < count) {
    r.push_back(r.back() + step * std::exp(rate * std::min(r.back(), 4 * r_max)));
  }
  return r;
}

/// The first step with which the last sample falls on the edge (bisection: it grows with the step).
double first_step(int64_t count, double edge, double r_max, double ratio) {
  double low = 0, high = edge;
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    (radii(count, middle, r_max, ratio).back() < edge ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

/// Least squares for r = a i^2 + b i with a, b >= 0.
std::pair<double, double> fit(const std::vector<double>& r) {
  double s2 = 0, s3 = 0, s4 = 0, t1 = 0, t2 = 0;
  for (size_t i = 0; i < r.size(); ++i) {
    const auto x = static_cast<double>(i);
    s2 += x * x;
    s3 += x * x * x;
    s4 += x * x * x * x;
    t1 += x * r[i];
    t2 += x * x * r[i];
  }
  const double determinant = s4 * s2 - s3 * s3;
  const double a = (t2 * s2 - t1 * s3) / determinant, b = (t1 * s4 - t2 * s3) / determinant;
  if (a < 0) return {0, t1 / s2};
  if (b < 0) return {t2 / s4, 0};
  return {a, b};
}

/// Samples `images` at points of its own stimulus coordinates (h, w).
at::Tensor sample(const at::Tensor& images, const RetinaWarp::Points& at_points) {
  const bool bytes = images.scalar_type() == at::kByte;
  const at::Tensor source = bytes ? images.to(at::kFloat) : images;
  const at::Tensor grid = (at::stack({at_points.x, at_points.y}, 2) * 2 - 1)  // (h, w, 2): -1..1
                              .to(source.scalar_type())
                              .unsqueeze(0)
                              .expand({source.size(0), -1, -1, -1});
  const at::Tensor out = at::grid_sampler_2d(source, grid, /*bilinear*/ 0, /*zeros*/ 0,
                                             /*align_corners=*/false);
  return bytes ? out.round().clamp(0, 255).to(at::kByte) : out;
}

/// Pixel centres of an image in stimulus coordinates.
RetinaWarp::Points pixel_centres(int64_t size) {
  const at::Tensor line = (at::arange(size, at::kDouble) + 0.5) / static_cast<double>(size);
  return {line.unsqueeze(0).expand({size, size}), line.unsqueeze(1).expand({size, size})};
}

}  // namespace

RetinaWarp::RetinaWarp(int64_t input_size, int64_t output_size, double ratio)
    : input_(input_size), output_(output_size) {
  if (input_size < 4 || output_size < 4) {
    throw Error("retina warp", concat("images of ", std::min(input_size, output_size), " pixels"),
                "It needs 4 or more");
  }
  if (!(ratio > 1) || ratio > 1000) {
    throw Error("retina warp", concat("a density ratio of ", number_text(ratio)),
                "It must be above 1, and at most 1000");
  }
  const auto edge = static_cast<double>(input_size) / 2;
  const auto r_max = static_cast<double>(input_size / 2);
  const int64_t count = output_size / 2;
  std::tie(a_, b_) = fit(radii(count, first_step(count, edge, r_max, ratio), r_max, ratio));
}

RetinaWarp::Points RetinaWarp::stimulus_from_retina(const at::Tensor& x,
                                                    const at::Tensor& y) const {
  const at::Tensor dx = x - 0.5, dy = y - 0.5;
  const at::Tensor r = at::hypot(dx, dy) * static_cast<double>(output_);  // pixels, warped
  // (a r^2 + b r) / r: the same direction, another radius.
  const at::Tensor stretch =
      (r * a_ + b_) * (static_cast<double>(output_) / static_cast<double>(input_));
  return {dx * stretch + 0.5, dy * stretch + 0.5};
}

RetinaWarp::Points RetinaWarp::retina_from_stimulus(const at::Tensor& x,
                                                    const at::Tensor& y) const {
  const at::Tensor dx = x - 0.5, dy = y - 0.5;
  const at::Tensor r = at::hypot(dx, dy) * static_cast<double>(input_);  // pixels, original
  // r' / r with r' = (-b + sqrt(b^2 + 4 a r)) / (2 a), written so that small r and a are harmless.
  const at::Tensor stretch = 2 / (b_ + (b_ * b_ + 4 * a_ * r).sqrt()) *
                             (static_cast<double>(input_) / static_cast<double>(output_));
  return {dx * stretch + 0.5, dy * stretch + 0.5};
}

at::Tensor RetinaWarp::magnification(const at::Tensor& x, const at::Tensor& y) const {
  const at::Tensor r = at::hypot(x - 0.5, y - 0.5) * static_cast<double>(input_);
  const at::Tensor root = (b_ * b_ + 4 * a_ * r).sqrt();
  const double scale = static_cast<double>(input_) / static_cast<double>(output_);
  const at::Tensor across = 2 / (b_ + root), along = 1 / root;  // r' / r and dr' / dr
  return (across * along).sqrt() * scale;
}

at::Tensor RetinaWarp::warp(const at::Tensor& images) const {
  TORCH_INTERNAL_ASSERT(images.dim() == 4 && images.size(2) == input_ && images.size(3) == input_);
  const Points points = pixel_centres(output_);
  return sample(images, stimulus_from_retina(points.x, points.y));
}

at::Tensor RetinaWarp::unwarp(const at::Tensor& images) const {
  TORCH_INTERNAL_ASSERT(images.dim() == 4 && images.size(2) == output_ &&
                        images.size(3) == output_);
  const Points points = pixel_centres(input_);
  return sample(images, retina_from_stimulus(points.x, points.y));
}

}  // namespace afterimage
