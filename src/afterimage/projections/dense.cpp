#include "afterimage/projections/dense.h"

#include <ATen/ATen.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {

Options DenseProjection::options() {
  return {
      Option("features", features_, "maps").range(1, 512),
      Option("grid", grid_, "side of the maps before they are enlarged").range(1, 512).unit("px")};
}

void DenseProjection::build(const Sensors& sensors, int64_t bins, int64_t side,
                            const RunContext& run) {
  if (grid_ > side) {
    throw Error("projection.grid", concat("is ", grid_, ", and the images are ", side, " px"),
                concat("Give at most ", side));
  }
  side_ = side;
  const int64_t inputs = sensors.count() * bins, outputs = features_ * grid_ * grid_;
  layer_ = register_module("layer", torch::nn::Linear(inputs, outputs));
  const at::NoGradGuard no_grad;
  // Standardised responses give maps of unit variance.
  const auto generator = run.generator("initialisation of the projection");
  layer_->weight.copy_(at::randn({outputs, inputs}, generator) /
                       std::sqrt(static_cast<double>(inputs)));
  layer_->bias.zero_();
}

at::Tensor DenseProjection::forward(const at::Tensor& responses) {
  const auto maps =
      layer_->forward(responses.flatten(1)).view({responses.size(0), features_, grid_, grid_});
  if (grid_ == side_) return maps;
  return at::upsample_bilinear2d(maps, {side_, side_}, /*align_corners=*/false);
}

std::vector<std::string> DenseProjection::channel_names() const {
  return numbered("feature", features_);
}

}  // namespace afterimage
