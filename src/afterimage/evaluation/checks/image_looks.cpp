#include "afterimage/evaluation/checks/image_looks.h"

#include <ATen/ATen.h>

#include "afterimage/formats/image.h"
#include "afterimage/simulation/features.h"

namespace afterimage {
namespace {

constexpr int64_t kPixels = 16;    // side of the pixels compared
constexpr int64_t kContours = 32;  // side at which contours are looked for
constexpr int64_t kCells = 4;      // along each side
constexpr int64_t kBatch = 256;    // images at a time

/// (n, 3, 16, 16) less the mean of each image: (n, 768)
at::Tensor pixel_part(const at::Tensor& images) {
  const auto pixels = resize_image(images, kPixels, kPixels).flatten(1);
  return pixels - pixels.mean(1, true);
}

/// (n, scales x orientations x cells)
at::Tensor contour_part(const at::Tensor& images) {
  const auto features =
      simulator::local_features(resize_image(images, kContours, kContours))
          .narrow(1, simulator::orientation, simulator::kScales * simulator::kOrientations);
  const auto cells = at::adaptive_avg_pool2d(features, {kCells, kCells})
                         .view({images.size(0), simulator::kScales, -1});
  return (cells / cells.sum(2, true)).flatten(1);
}

constexpr int64_t kPixelUnits = 3 * kPixels * kPixels;

at::Tensor unit_rows(const at::Tensor& rows) {
  return rows / rows.norm(2, 1, true).clamp_min(1e-6);
}

}  // namespace

at::Tensor ImageLooks::raw(const at::Tensor& images, const RunContext& run) {
  std::vector<at::Tensor> parts;
  for (const auto& batch : images.split(kBatch)) {
    run.stop_if_cancelled("stopped; nothing was written");
    const auto wide = batch.to(at::kFloat);
    parts.push_back(at::cat({pixel_part(wide), contour_part(wide)}, 1));
  }
  return at::cat(parts);
}

ImageLooks::ImageLooks(const at::Tensor& reference) : mean_(reference.mean(0)) {
  const auto spread = reference.std(0, /*unbiased=*/false);
  scale_ = at::where(spread > 1e-6, 1 / spread, at::zeros_like(spread));
}

at::Tensor ImageLooks::standardised(const at::Tensor& raw) const {
  const auto z = (raw - mean_) * scale_;
  const auto pixels = unit_rows(z.narrow(1, 0, kPixelUnits));
  const auto contours = unit_rows(z.narrow(1, kPixelUnits, z.size(1) - kPixelUnits));
  return at::cat({pixels, contours}, 1) * std::sqrt(0.5);
}

}  // namespace afterimage
