#include "afterimage/diffusion/small_decoder.h"

#include <ATen/ops/relu.h>
#include <ATen/ops/tanh.h>

#include <array>

#include "afterimage/base/text.h"
#include "afterimage/diffusion/residual_block.h"

namespace afterimage::diffusion {

/// ReLU(x + three convolutions of x).
class SmallBlock : public torch::nn::Module {
 public:
  explicit SmallBlock(int64_t channels) {
    for (size_t i = 0; i < convolutions_.size(); ++i) {
      convolutions_[i] =
          place_new<Convolution>(*this, concat("conv.", 2 * i), channels, channels, 3, 1, 1);
    }
  }

  at::Tensor forward(const at::Tensor& x) const {
    const auto y = at::relu(convolutions_[0]->forward(x));
    return at::relu(x + convolutions_[2]->forward(at::relu(convolutions_[1]->forward(y))));
  }

 private:
  std::array<std::shared_ptr<Convolution>, 3> convolutions_;
};

SmallDecoder::SmallDecoder(const SmallDecoderSizes& sizes) {
  // Places in the published list of modules, of which activations and upsampling are some.
  int64_t place_number = 0;
  const auto next = [&] { return concat("layers.", place_number++); };
  const int64_t channels = sizes.channels;
  in_ = place_new<Convolution>(*this, next(), sizes.latent_channels, channels, 3, 1, 1);
  ++place_number;  // ReLU
  for (size_t i = 0; i < sizes.blocks.size(); ++i) {
    const bool last = i + 1 == sizes.blocks.size();
    Level& level = levels_.emplace_back();
    for (int64_t j = 0; j < sizes.blocks[i]; ++j) {
      level.blocks.push_back(place_new<SmallBlock>(*this, next(), channels));
    }
    if (!last) ++place_number;  // upsampling
    level.out = place_new<Convolution>(*this, next(), channels, last ? 3 : channels, 3, 1, 1, last);
  }
}

at::Tensor SmallDecoder::decode(const at::Tensor& latents) const {
  const auto bounded = at::tanh(latents / 3) * 3;
  at::Tensor x = at::relu(in_->forward(bounded.contiguous(at::MemoryFormat::ChannelsLast)));
  for (const auto& level : levels_) {
    for (const auto& block : level.blocks) x = block->forward(x);
    x = level.out->forward(&level == &levels_.back() ? x : doubled(x));
  }
  return x;
}

}  // namespace afterimage::diffusion
