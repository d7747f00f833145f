#include "afterimage/diffusion/conditional_unet.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sin.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/text.h"
#include "afterimage/diffusion/residual_block.h"
#include "afterimage/diffusion/spatial_transformer.h"

namespace afterimage::diffusion {

at::Tensor time_waves(const at::Tensor& times, int64_t width) {
  // In float32 whatever the network's precision, as the networks were trained.
  const auto exponents =
      at::arange(width / 2, times.options().dtype(at::kFloat)) * -std::log(10000.0) / (width / 2);
  const auto angles = times.to(at::kFloat).unsqueeze(1) * at::exp(exponents).unsqueeze(0);
  return at::cat({at::cos(angles), at::sin(angles)}, 1);  // (n, width)
}

ConditionalUNet::ConditionalUNet(const UNetSizes& sizes) : sizes_(sizes) {
  TORCH_INTERNAL_ASSERT(sizes.attention.size() == sizes.channels.size());
  const int64_t first = sizes.channels.front(), last = sizes.channels.back();
  conv_in_ = place_new<Convolution>(*this, "conv_in", sizes.in_channels, first, 3, 1, 1);
  time1_ = place_new<Linear>(*this, "time_embedding.linear_1", first, 4 * first);
  time2_ = place_new<Linear>(*this, "time_embedding.linear_2", 4 * first, 4 * first);
  build_down();
  mid1_ = block("mid_block.resnets.0", last, last);
  mid_attention_ = transformer("mid_block.attentions.0", last);
  mid2_ = block("mid_block.resnets.1", last, last);
  build_up();
  norm_out_ = place_new<GroupNorm>(*this, "conv_norm_out", sizes.groups, first, sizes.epsilon);
  conv_out_ = place_new<Convolution>(*this, "conv_out", first, sizes.out_channels, 3, 1, 1);
}

std::shared_ptr<ResidualBlock> ConditionalUNet::block(const std::string& path, int64_t in,
                                                      int64_t out) {
  return place_new<ResidualBlock>(*this, path, in, out, sizes_.groups, sizes_.epsilon,
                                  4 * sizes_.channels.front());
}

std::shared_ptr<SpatialTransformer> ConditionalUNet::transformer(const std::string& path,
                                                                 int64_t channels) {
  return place_new<SpatialTransformer>(*this, path, channels, sizes_.heads, sizes_.condition_width,
                                       sizes_.groups);
}

void ConditionalUNet::build_down() {
  const size_t levels = sizes_.channels.size();
  int64_t in = sizes_.channels.front();
  for (size_t i = 0; i < levels; ++i) {
    const std::string path = concat("down_blocks.", i, ".");
    const int64_t out = sizes_.channels[i];
    Level& level = down_.emplace_back();
    for (int64_t j = 0; j < sizes_.blocks; ++j) {
      level.blocks.push_back(block(concat(path, "resnets.", j), in, out));
      if (sizes_.attention[i]) {
        level.attentions.push_back(transformer(concat(path, "attentions.", j), out));
      }
      in = out;
    }
    if (i + 1 < levels) {
      level.sampler =
          place_new<Convolution>(*this, path + "downsamplers.0.conv", out, out, 3, 2, 1);
    }
  }
}

void ConditionalUNet::build_up() {
  // Channels of what the way down leaves, in the order it is taken up again.
  std::vector<int64_t> left = {sizes_.channels.front()};
  for (size_t i = 0; i < sizes_.channels.size(); ++i) {
    left.insert(left.end(), static_cast<size_t>(sizes_.blocks), sizes_.channels[i]);
    if (i + 1 < sizes_.channels.size()) left.push_back(sizes_.channels[i]);
  }
  int64_t in = sizes_.channels.back();
  for (size_t i = 0; i < sizes_.channels.size(); ++i) {
    const size_t mirror = sizes_.channels.size() - 1 - i;
    const std::string path = concat("up_blocks.", i, ".");
    const int64_t out = sizes_.channels[mirror];
    Level& level = up_.emplace_back();
    for (int64_t j = 0; j <= sizes_.blocks; ++j) {
      level.blocks.push_back(block(concat(path, "resnets.", j), in + left.back(), out));
      left.pop_back();
      if (sizes_.attention[mirror]) {
        level.attentions.push_back(transformer(concat(path, "attentions.", j), out));
      }
      in = out;
    }
    if (mirror > 0) {
      level.sampler = place_new<Convolution>(*this, path + "upsamplers.0.conv", out, out, 3, 1, 1);
    }
  }
}

at::Tensor ConditionalUNet::embedded(const at::Tensor& times, at::ScalarType type) const {
  const auto waves = time_waves(times, sizes_.channels.front()).to(type);
  return at::silu(time2_->forward(at::silu(time1_->forward(waves))));  // as every block takes it
}

at::Tensor ConditionalUNet::forward(const at::Tensor& latents, const at::Tensor& times,
                                    const at::Tensor& conditions) const {
  TORCH_INTERNAL_ASSERT(latents.dim() == 4 && latents.size(2) % sizes_.multiple() == 0 &&
                        latents.size(3) % sizes_.multiple() == 0);
  const auto time = embedded(times, latents.scalar_type());
  const auto attended = [&](const Level& level, size_t j, const at::Tensor& x) {
    return level.attentions.empty() ? x : level.attentions[j]->forward(x, conditions);
  };
  // Channels last: oneDNN's and cuDNN's faster layout, in which tokens are also a view.
  at::Tensor x = conv_in_->forward(latents.contiguous(at::MemoryFormat::ChannelsLast));
  std::vector<at::Tensor> left = {x};
  for (const auto& level : down_) {
    for (size_t j = 0; j < level.blocks.size(); ++j) {
      x = attended(level, j, level.blocks[j]->forward(x, time));
      left.push_back(x);
    }
    if (level.sampler) left.push_back(x = level.sampler->forward(x));
  }
  x = mid_attention_->forward(mid1_->forward(x, time), conditions);
  x = mid2_->forward(x, time);
  for (const auto& level : up_) {
    for (size_t j = 0; j < level.blocks.size(); ++j) {
      x = at::cat({x, left.back()}, 1);
      left.pop_back();
      x = attended(level, j, level.blocks[j]->forward(x, time));
    }
    if (level.sampler) x = level.sampler->forward(doubled(x));
  }
  return conv_out_->forward(at::silu(norm_out_->forward(x)));
}

}  // namespace afterimage::diffusion
