#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "afterimage/base/options.h"
#include "afterimage/preparation/retina.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// What becomes of the images, and with them of the receptive fields.
struct ImageOptions {
  double crop = 1;
  int64_t image_size = 0;
  std::string retina = "none";
  double density_ratio = 10;

  Options options();
  bool any() const { return crop < 1 || image_size > 0 || retina != "none"; }
};

/// Crops, resizes and warps images, in this order; receptive fields, fixation and degrees follow.
class ImagePreparation {
 public:
  /// Errors: the retina warp of images that are not square and neither cropped nor resized.
  ImagePreparation(const ImageOptions& options, const RecordingInfo& info,
                   const std::string& where);

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  /// (n, C, H, W) uint8 -> (n, C, height, width).
  at::Tensor apply(const at::Tensor& images) const;
  /// Centres, sizes, fixation, image size and degrees of the result.
  void move_fields(RecordingInfo& info) const;

 private:
  ImageOptions options_;
  int64_t from_height_, from_width_, side_ = 0, height_, width_;  // side_ 0: not cropped
  std::unique_ptr<RetinaWarp> retina_;
};

}  // namespace afterimage
