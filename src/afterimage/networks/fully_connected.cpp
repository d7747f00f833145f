#include "afterimage/networks/fully_connected.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/leaky_relu.h>

#include <algorithm>

#include "afterimage/networks/dropout.h"
#include "afterimage/networks/initialise.h"

namespace afterimage {
namespace {

constexpr double leak = 0.2;
constexpr double dropped = 0.5;

/// Units behind the first layer of a skip block and behind its last, before division.
struct Widths {
  int64_t down, up;
};
constexpr int64_t first_width = 1475;
constexpr Widths block_widths[] = {
    {36864, 73728}, {147456, 294912}, {589824, 1179648}, {2949, 5898}};

int64_t share(int64_t width, int64_t divisor) { return std::max<int64_t>(1, width / divisor); }

}  // namespace

Options FullyConnectedOptions::options() {
  return {
      Option("divisor", divisor,
             "what the widths of the U-Net's flattened maps are divided by (Brain2Pix's code: 100)")
          .range(1, 1e6),
      Option("initialise", initialise,
             "its first weights: uniform within .07 (MXNet's default, to which Brain2Pix's code "
             "leaves them), or another rule of unet.initialise")
          .one_of(initialisations()),
  };
}

DenseSkipImpl::DenseSkipImpl(int64_t inputs, size_t level, int64_t divisor) {
  const int64_t down = share(block_widths[level].down, divisor);
  const int64_t up = share(block_widths[level].up, divisor);
  down_ = register_module("down", torch::nn::Linear(inputs, down));
  if (level + 1 < std::size(block_widths)) {
    inner_ = register_module("inner", std::make_shared<DenseSkipImpl>(down, level + 1, divisor));
  }
  up_ = register_module("up", torch::nn::Linear(inner_ ? inner_->outputs() : down, up));
  outputs_ = inputs + up;
}

at::Tensor DenseSkipImpl::forward(const at::Tensor& x, const at::Generator& random) {
  at::Tensor y = at::leaky_relu(down_(x), leak);  // (n, down)
  if (inner_) y = inner_->forward(y, random);
  y = up_(y);  // (n, up)
  if (!inner_ && is_training() && random.defined()) y = dropout(y, dropped, random);
  return at::cat({x, y}, 1).relu_();  // (n, inputs + up)
}

FullyConnectedImpl::FullyConnectedImpl(int64_t in_channels, int64_t side,
                                       const FullyConnectedOptions& options)
    : side_(side) {
  const int64_t first = share(first_width, options.divisor);
  first_ = register_module("first", torch::nn::Linear(in_channels * side * side, first));
  block_ = register_module("block", std::make_shared<DenseSkipImpl>(first, 0, options.divisor));
  last_ = register_module("last", torch::nn::Linear(block_->outputs(), 3 * side * side));
}

at::Tensor FullyConnectedImpl::forward(const at::Tensor& maps) {
  // Of (n, c, y, x), whatever their layout in memory.
  const auto x = at::leaky_relu(first_(maps.contiguous().flatten(1)), leak);
  return last_(block_->forward(x, random_))
      .to(maps.scalar_type())
      .sigmoid()
      .view({-1, 3, side_, side_})
      .contiguous(at::MemoryFormat::ChannelsLast);  // (n, 3, H, W)
}

}  // namespace afterimage
