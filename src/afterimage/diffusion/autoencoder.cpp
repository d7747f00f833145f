#include "afterimage/diffusion/autoencoder.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/silu.h>

#include "afterimage/base/text.h"
#include "afterimage/diffusion/residual_block.h"

namespace afterimage::diffusion {
namespace {

constexpr double epsilon = 1e-6;                                  // of every normalisation here
constexpr double log_variance_low = -30, log_variance_high = 20;  // where the encoder's are clamped

/// Attention of every pixel to all others, one head, as a residual.
class PixelAttention : public torch::nn::Module {
 public:
  PixelAttention(int64_t channels, int64_t groups)
      : norm_(place_new<GroupNorm>(*this, "group_norm", groups, channels, epsilon)),
        q_(place_new<Linear>(*this, "to_q", channels, channels)),
        k_(place_new<Linear>(*this, "to_k", channels, channels)),
        v_(place_new<Linear>(*this, "to_v", channels, channels)),
        out_(place_new<Linear>(*this, "to_out.0", channels, channels)) {}

  at::Tensor forward(const at::Tensor& x) const {
    const auto pixels = norm_->forward(x).flatten(2).transpose(1, 2);  // (n, yx, c)
    const auto y = out_->forward(
        attend(q_->forward(pixels), k_->forward(pixels), v_->forward(pixels), /*heads=*/1));
    return x + y.transpose(1, 2).reshape(x.sizes());
  }

 private:
  std::shared_ptr<GroupNorm> norm_;
  std::shared_ptr<Linear> q_, k_, v_, out_;
};

}  // namespace

/// The middle of encoder and decoder: two residual blocks with attention between them.
class AutoencoderStem : public torch::nn::Module {
 public:
  AutoencoderStem(int64_t channels, int64_t groups)
      : first_(place_new<ResidualBlock>(*this, "resnets.0", channels, channels, groups, epsilon)),
        attention_(place_new<PixelAttention>(*this, "attentions.0", channels, groups)),
        second_(place_new<ResidualBlock>(*this, "resnets.1", channels, channels, groups, epsilon)) {
  }

  at::Tensor forward(const at::Tensor& x) const {
    return second_->forward(attention_->forward(first_->forward(x)));
  }

 private:
  std::shared_ptr<ResidualBlock> first_;
  std::shared_ptr<PixelAttention> attention_;
  std::shared_ptr<ResidualBlock> second_;
};

Autoencoder::Autoencoder(const AutoencoderSizes& sizes) : sizes_(sizes) {
  build_encoder();
  const int64_t latent = sizes.latent_channels;
  quant_ = place_new<Convolution>(*this, "quant_conv", 2 * latent, 2 * latent, 1);
  post_quant_ = place_new<Convolution>(*this, "post_quant_conv", latent, latent, 1);
  build_decoder();
}

std::shared_ptr<ResidualBlock> Autoencoder::block(const std::string& path, int64_t in,
                                                  int64_t out) {
  return place_new<ResidualBlock>(*this, path, in, out, sizes_.groups, epsilon);
}

void Autoencoder::build_encoder() {
  int64_t in = sizes_.channels.front();
  encoder_in_ =
      place_new<Convolution>(*this, "encoder.conv_in", sizes_.image_channels, in, 3, 1, 1);
  for (size_t i = 0; i < sizes_.channels.size(); ++i) {
    const std::string path = concat("encoder.down_blocks.", i, ".");
    const int64_t out = sizes_.channels[i];
    Level& level = down_.emplace_back();
    for (int64_t j = 0; j < sizes_.blocks; ++j) {
      level.blocks.push_back(block(concat(path, "resnets.", j), j == 0 ? in : out, out));
    }
    if (i + 1 < sizes_.channels.size()) {
      level.sampler =
          place_new<Convolution>(*this, path + "downsamplers.0.conv", out, out, 3, 2, 0);
    }
    in = out;
  }
  encoder_mid_ = place_new<AutoencoderStem>(*this, "encoder.mid_block", in, sizes_.groups);
  encoder_norm_ = place_new<GroupNorm>(*this, "encoder.conv_norm_out", sizes_.groups, in, epsilon);
  encoder_out_ =
      place_new<Convolution>(*this, "encoder.conv_out", in, 2 * sizes_.latent_channels, 3, 1, 1);
}

void Autoencoder::build_decoder() {
  int64_t in = sizes_.channels.back();
  decoder_in_ =
      place_new<Convolution>(*this, "decoder.conv_in", sizes_.latent_channels, in, 3, 1, 1);
  decoder_mid_ = place_new<AutoencoderStem>(*this, "decoder.mid_block", in, sizes_.groups);
  for (size_t i = 0; i < sizes_.channels.size(); ++i) {
    const std::string path = concat("decoder.up_blocks.", i, ".");
    const int64_t out = sizes_.channels[sizes_.channels.size() - 1 - i];
    Level& level = up_.emplace_back();
    for (int64_t j = 0; j <= sizes_.blocks; ++j) {
      level.blocks.push_back(block(concat(path, "resnets.", j), j == 0 ? in : out, out));
    }
    if (i + 1 < sizes_.channels.size()) {
      level.sampler = place_new<Convolution>(*this, path + "upsamplers.0.conv", out, out, 3, 1, 1);
    }
    in = out;
  }
  decoder_norm_ = place_new<GroupNorm>(*this, "decoder.conv_norm_out", sizes_.groups, in, epsilon);
  decoder_out_ =
      place_new<Convolution>(*this, "decoder.conv_out", in, sizes_.image_channels, 3, 1, 1);
}

LatentDistribution Autoencoder::encode(const at::Tensor& images) const {
  TORCH_INTERNAL_ASSERT(images.dim() == 4 && images.size(2) % sizes_.reduction() == 0 &&
                        images.size(3) % sizes_.reduction() == 0);
  at::Tensor x = encoder_in_->forward((images * 2 - 1).contiguous(at::MemoryFormat::ChannelsLast));
  for (const auto& level : down_) {
    for (const auto& each : level.blocks) x = each->forward(x);
    // The published network pads below and to the right only.
    if (level.sampler) x = level.sampler->forward(at::constant_pad_nd(x, {0, 1, 0, 1}));
  }
  x = at::silu(encoder_norm_->forward(encoder_mid_->forward(x)));
  const auto moments = quant_->forward(encoder_out_->forward(x)).chunk(2, 1);  // (n, 4, y, x) each
  const auto log_variance = moments[1].clamp(log_variance_low, log_variance_high);
  return {moments[0] * sizes_.scale, at::exp(0.5 * log_variance) * sizes_.scale};
}

at::Tensor Autoencoder::decode(const at::Tensor& latents) const {
  const auto unscaled = (latents / sizes_.scale).contiguous(at::MemoryFormat::ChannelsLast);
  at::Tensor x = decoder_mid_->forward(decoder_in_->forward(post_quant_->forward(unscaled)));
  for (const auto& level : up_) {
    for (const auto& each : level.blocks) x = each->forward(x);
    if (level.sampler) x = level.sampler->forward(doubled(x));
  }
  x = decoder_out_->forward(at::silu(decoder_norm_->forward(x)));
  return x * 0.5 + 0.5;
}

}  // namespace afterimage::diffusion
