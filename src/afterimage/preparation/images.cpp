#include "afterimage/preparation/images.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"

namespace afterimage {

Options ImageOptions::options() {
  return {
      Option("crop", crop, "keep this part of the shorter side: the central square (1: all of it)")
          .range(0.01, 1),
      Option("image_size", image_size, "side of the images; the central square (0: as they are)")
          .range(0, 4096)
          .unit("pixels"),
      Option("retina", retina,
             "fish-eye warp, as a retina samples: none, warp, or unwarp to take one back")
          .one_of({"none", "warp", "unwarp"}),
      Option("density_ratio", density_ratio, "of the warp: density in the middle over the edge")
          .range(1.01, 1000),
  };
}

ImagePreparation::ImagePreparation(const ImageOptions& options, const RecordingInfo& info,
                                   const std::string& where)
    : options_(options),
      from_height_(info.height),
      from_width_(info.width),
      height_(info.height),
      width_(info.width) {
  const int64_t shorter = std::min(height_, width_);
  if (options.crop < 1 || (options.image_size > 0 && height_ != width_)) {
    side_ = std::max<int64_t>(1, std::llround(options.crop * static_cast<double>(shorter)));
    height_ = width_ = side_;
  }
  if (options.image_size > 0) height_ = width_ = options.image_size;
  if (options.retina == "none") return;
  if (height_ != width_) {
    throw Error(where, concat("its images are ", width_, " x ", height_, " pixels"),
                "The retina warp needs squares: add --image-size");
  }
  retina_ = std::make_unique<RetinaWarp>(height_, height_, options.density_ratio);
}

at::Tensor ImagePreparation::apply(const at::Tensor& images) const {
  at::Tensor out = images;
  if (side_ > 0) {
    out = out.narrow(2, (from_height_ - side_) / 2, side_)
              .narrow(3, (from_width_ - side_) / 2, side_);
  }
  out = resize_image(out.contiguous(), height_, width_);
  if (options_.retina == "warp") out = retina_->warp(out);
  if (options_.retina == "unwarp") out = retina_->unwarp(out);
  return out;
}

void ImagePreparation::move_fields(RecordingInfo& info) const {
  Sensors& sensors = info.sensors;
  if (side_ > 0) {
    const auto side = static_cast<double>(side_);
    const auto left = static_cast<double>((from_width_ - side_) / 2);
    const auto top = static_cast<double>((from_height_ - side_) / 2);
    const auto width = static_cast<double>(from_width_);
    const auto move_x = [&](double& x) { x = (x * width - left) / side; };
    const auto move_y = [&](double& y) {
      y = (y * static_cast<double>(from_height_) - top) / side;
    };
    for (double& x : sensors.x) move_x(x);
    for (double& y : sensors.y) move_y(y);
    move_x(info.fixation_x);
    move_y(info.fixation_y);
    for (double& size : sensors.size) size *= width / side;
    info.degrees_per_stimulus *= side / width;
  }
  info.height = height_;
  info.width = width_;
  if (retina_ == nullptr) return;
  const auto tensor = [](const std::vector<double>& values) {
    return at::tensor(values, at::kDouble);
  };
  const bool warp = options_.retina == "warp";
  const auto move = [&](const at::Tensor& x, const at::Tensor& y) {
    return warp ? retina_->retina_from_stimulus(x, y) : retina_->stimulus_from_retina(x, y);
  };
  const at::Tensor x = tensor(sensors.x), y = tensor(sensors.y);
  const auto moved = move(x, y);
  const at::Tensor stretch =
      warp ? retina_->magnification(x, y) : retina_->magnification(moved.x, moved.y).reciprocal();
  const at::Tensor size = tensor(sensors.size) * stretch;
  const auto copy = [](const at::Tensor& from, std::vector<double>& to) {
    const at::Tensor whole = from.contiguous();
    std::copy_n(whole.const_data_ptr<double>(), to.size(), to.begin());
  };
  copy(moved.x, sensors.x);
  copy(moved.y, sensors.y);
  copy(size, sensors.size);
  const auto fixation = move(tensor({info.fixation_x}), tensor({info.fixation_y}));
  info.fixation_x = fixation.x.item<double>();
  info.fixation_y = fixation.y.item<double>();
  info.degrees_per_stimulus = 0;  // no longer the same everywhere
}

}  // namespace afterimage
