#include "afterimage/simulation/colour_sums.h"

#include <ATen/ops/tensor.h>

namespace afterimage::simulator {

at::Tensor colour_sums(const at::Tensor& images, const Sensors& sensors) {
  const auto pixel = [&](const std::vector<double>& centre, int64_t side) {
    return (at::tensor(centre, at::kDouble) * static_cast<double>(side))
        .floor()
        .clamp(0, static_cast<double>(side - 1))
        .to(at::kLong);
  };
  const auto height = images.size(2), width = images.size(3);
  const auto place = pixel(sensors.y, height) * width + pixel(sensors.x, width);
  return images.sum(1).flatten(1).index_select(1, place.to(images.device()));
}

}  // namespace afterimage::simulator
