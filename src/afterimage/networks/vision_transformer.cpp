#include "afterimage/networks/vision_transformer.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/upsample_bicubic2d.h>

#include "afterimage/base/text.h"
#include "afterimage/networks/clip_layout.h"
#include "afterimage/networks/staged_network.h"

namespace afterimage {
namespace {

constexpr PixelStatistics kClipStatistics{{0.48145466, 0.4578275, 0.40821073},
                                          {0.26862954, 0.26130258, 0.27577711}};

/// How a project calls the parts of a block, and what differs between them.
struct BlockStyle {
  const char *norm1, *qkv_weight, *qkv_bias, *project, *norm2, *widen, *narrow;
  double epsilon;
  bool quick;   ///< x sigmoid(1.702 x) in place of GELU
  bool scaled;  ///< layer scale: each half of a block is multiplied by a vector
};
constexpr BlockStyle kClip{".ln_1",
                           ".attn.in_proj_weight",
                           ".attn.in_proj_bias",
                           ".attn.out_proj",
                           ".ln_2",
                           ".mlp.c_fc",
                           ".mlp.c_proj",
                           1e-5,
                           true,
                           false};
constexpr BlockStyle kDino{".norm1",
                           ".attn.qkv.weight",
                           ".attn.qkv.bias",
                           ".attn.proj",
                           ".norm2",
                           ".mlp.fc1",
                           ".mlp.fc2",
                           1e-6,
                           false,
                           true};

/// Self-attention of several heads.
Layer attention(LayerFactory& factory, const std::string& path, const BlockStyle& style,
                int64_t width, int64_t heads) {
  const auto weight = factory.parameter(path + style.qkv_weight, {3 * width, width});
  const auto bias = factory.parameter(path + style.qkv_bias, {3 * width});
  const auto project = factory.linear(path + style.project, width, width);
  return [=](const at::Tensor& x) {
    const auto parts = at::linear(x, weight, bias)                   // (n, t, 3 width)
                           .unflatten(2, {3, heads, width / heads})  // (n, t, 3, h, d)
                           .permute({2, 0, 3, 1, 4});                // (3, n, h, t, d)
    const auto mixed = at::scaled_dot_product_attention(parts[0], parts[1], parts[2]);
    return project(mixed.transpose(1, 2).flatten(2));  // (n, t, width)
  };
}

Layer perceptron(LayerFactory& factory, const std::string& path, const BlockStyle& style,
                 int64_t width) {
  const auto widen = factory.linear(path + style.widen, width, 4 * width);
  const auto narrow = factory.linear(path + style.narrow, 4 * width, width);
  return [widen, narrow, quick = style.quick](const at::Tensor& x) {
    const auto hidden = widen(x);
    return narrow(quick ? hidden * (1.702 * hidden).sigmoid() : at::gelu(hidden));
  };
}

/// Adds the blocks, "PREFIX.0", ...; what a block's second half adds is recorded as
/// "PREFIX.0.mlp.c_proj" (by the project's own name).
void add_blocks(StagedNetwork& network, LayerFactory& factory, const std::string& prefix,
                const BlockStyle& style, const TransformerShape& shape) {
  const int64_t width = shape.width;
  for (int64_t i = 0; i < shape.blocks; ++i) {
    const auto path = concat(prefix, ".", i);
    const auto half = [&](const std::string& norm, const std::string& scale, Layer inner) {
      auto branch =
          chain({factory.layer_norm(path + norm, width, style.epsilon), std::move(inner)});
      if (!style.scaled) return branch;
      const auto gamma = factory.parameter(path + scale, {width});
      return Layer([branch, gamma](const at::Tensor& x) { return branch(x) * gamma; });
    };
    const auto mix =
        half(style.norm1, ".ls1.gamma", attention(factory, path, style, width, shape.heads));
    const auto think = half(style.norm2, ".ls2.gamma", perceptron(factory, path, style, width));
    const auto inside = path + style.narrow;
    network.add(path,
                [mix, think, inside](const at::Tensor& x, const StagedNetwork::Record& record) {
                  const auto mixed = x + mix(x);
                  const auto added = think(mixed);
                  record(inside, added);
                  return mixed + added;
                },
                {inside});
  }
}

/// (n, 3, y, x) -> (n, 1 + patches, width): the class token before the patches, row by row.
at::Tensor tokens(const at::Tensor& patches, const at::Tensor& first) {
  const auto rows = patches.flatten(2).transpose(1, 2);  // (n, patches, width)
  return at::cat({first.expand({rows.size(0), 1, first.size(-1)}), rows}, 1);
}

/// Position embeddings (1, 1 + trained^2, width) for rows x columns of patches. The public code
/// gives the interpolation the scale, with .1 against rounding down, not the size.
at::Tensor positions_for(const at::Tensor& trained, int64_t side, int64_t rows, int64_t columns) {
  if (rows == side && columns == side) return trained;
  const auto grid = trained.slice(1, 1).unflatten(1, {side, side}).permute({0, 3, 1, 2});
  const auto scale = [&](int64_t patches) {
    return (static_cast<double>(patches) + 0.1) / static_cast<double>(side);
  };
  const auto fitted = at::upsample_bicubic2d(grid, {rows, columns}, /*align_corners=*/false,
                                             scale(rows), scale(columns));
  return at::cat({trained.slice(1, 0, 1), fitted.flatten(2).transpose(1, 2)}, 1);
}

}  // namespace

std::shared_ptr<FeatureNetwork> make_clip_vision(const NetworkEntry& entry,
                                                 const TransformerShape& shape,
                                                 const WeightFile& file) {
  const auto network = std::make_shared<StagedNetwork>(
      entry, NetworkInput{.statistics = kClipStatistics, .side = shape.side});
  const TensorMap visual = openai_clip_vision(file.tensors);
  const WeightFile named{visual, file.where, file.right};
  LayerFactory factory(*network, entry.name, named);
  const int64_t width = shape.width, patches = shape.side / shape.patch;
  const Window window{{shape.patch, shape.patch}, shape.patch};
  const auto patch = factory.convolution("conv1", 3, width, window, false);
  const auto first = factory.parameter("class_embedding", {width});
  const auto position = factory.parameter("positional_embedding", {patches * patches + 1, width});
  const auto norm = factory.layer_norm("ln_pre", width, kClip.epsilon);
  network->add("ln_pre",
               [=](const at::Tensor& x) { return norm(tokens(patch(x), first) + position); });
  add_blocks(*network, factory, "transformer.resblocks", kClip, shape);
  const auto last = factory.layer_norm("ln_post", width, kClip.epsilon);
  const auto project = factory.parameter("proj", {width, shape.embedding});
  network->add("embedding", [last, project](const at::Tensor& x) {
    return last(x.select(1, 0)).matmul(project);
  });
  return network;
}

std::shared_ptr<FeatureNetwork> make_dinov2(const NetworkEntry& entry,
                                            const TransformerShape& shape, const WeightFile& file) {
  const auto network = std::make_shared<StagedNetwork>(
      entry, NetworkInput{.statistics = kImageNetStatistics, .multiple = shape.patch});
  LayerFactory factory(*network, entry.name, file);
  const int64_t width = shape.width, side = shape.side / shape.patch;
  const Window window{{shape.patch, shape.patch}, shape.patch};
  const auto patch = factory.convolution("patch_embed.proj", 3, width, window, true);
  const auto first = factory.parameter("cls_token", {1, 1, width});
  const auto position = factory.parameter("pos_embed", {1, side * side + 1, width});
  network->add("", [=](const at::Tensor& x) {
    const auto patches = patch(x);  // (n, width, rows, columns)
    return tokens(patches, first) + positions_for(position, side, patches.size(2), patches.size(3));
  });
  add_blocks(*network, factory, "blocks", kDino, shape);
  network->add("norm", factory.layer_norm("norm", width, kDino.epsilon));
  network->add("embedding", [](const at::Tensor& x) { return x.select(1, 0); });
  return network;
}

}  // namespace afterimage
