#include "afterimage/projections/upconv.h"

#include <ATen/ATen.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/networks/initialise.h"
#include "afterimage/networks/layout.h"

namespace afterimage {
namespace {

constexpr double leak = 0.3;
constexpr int64_t smallest = 3, largest = 8;  // sides of the maps the dense layers end in

/// Channels of a doubling and of the convolution after it, over the width; 0: no convolution.
struct Stage {
  double up, convolution;
};
constexpr Stage stages[] = {{1, 2}, {1, 1}, {0.5, 0.5}, {0.25, 0.25}, {0.125, 0}};

int64_t share(int64_t width, double of) {
  return std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(width) * of));
}

}  // namespace

Options UpconvProjection::options() {
  return {Option("hidden", hidden_, "units of the fully connected layers").range(1, 65536),
          Option("width", width_, "channels of the first up-convolution").range(1, 4096)};
}

void UpconvProjection::build(const Sensors& sensors, int64_t bins, int64_t side,
                             const RunContext& run) {
  size_t doublings = 0;
  base_ = side;
  while (base_ % 2 == 0 && base_ / 2 >= smallest && doublings <= std::size(stages)) {
    base_ /= 2;
    ++doublings;
  }
  if (base_ > largest) {
    throw Error("data.image_size", concat("is ", side, ", which halves no further than to ", base_),
                "Projection 'upconv' begins with 3 to 8 pixels: give 64, 96 or 256");
  }
  int64_t inputs = sensors.count() * bins;
  for (const int64_t outputs : {hidden_, hidden_, width_ * base_ * base_}) {
    dense_.push_back(
        register_module(concat("dense", dense_.size()), torch::nn::Linear(inputs, outputs)));
    inputs = outputs;
  }
  int64_t channels = width_;
  for (size_t i = 0; i < doublings; ++i) {
    const bool last = i + 1 == doublings;
    const int64_t up = last ? 3 : share(width_, stages[i].up);
    up_.push_back(register_module(
        concat("up", i),
        torch::nn::ConvTranspose2d(
            torch::nn::ConvTranspose2dOptions(channels, up, 4).stride(2).padding(1))));
    channels = up;
    convolution_.emplace_back(nullptr);
    if (last || stages[i].convolution == 0) continue;
    const int64_t next = share(width_, stages[i].convolution);
    convolution_.back() =
        register_module(concat("convolution", i),
                        torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, next, 3).padding(1)));
    channels = next;
  }
  initialise_kaiming(*this, run.generator("initialisation of the projection"));
  lay_channels_last(*this);
}

at::Tensor UpconvProjection::forward(const at::Tensor& responses) {
  auto x = responses.flatten(1);
  for (auto& layer : dense_) x = at::leaky_relu(layer(x), leak);
  x = x.view({x.size(0), -1, base_, base_});
  for (size_t i = 0; i < up_.size(); ++i) {
    x = up_[i](x);
    if (i + 1 < up_.size()) x = at::leaky_relu(x, leak);
    if (convolution_[i]) x = at::leaky_relu(convolution_[i](x), leak);
  }
  return x;  // (n, 3, y, x)
}

}  // namespace afterimage
