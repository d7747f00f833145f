#pragma once

#include "afterimage/networks/network_table.h"

namespace afterimage {

/// The size of a vision transformer (Dosovitskiy et al. 2021); the hidden layers of its blocks are
/// four times as wide.
struct TransformerShape {
  int64_t side = 224;  ///< pixels of the images it was trained on
  int64_t patch = 14;
  int64_t width = 1024;
  int64_t blocks = 24;
  int64_t heads = 16;
  int64_t embedding = 768;  ///< of CLIP's output
};

/// CLIP's image encoder (Radford et al. 2021): learned class and position embeddings, normalisation
/// before each half of a block, quick GELU. Images of another size are resized to `side`.
/// Layers: "ln_pre", "transformer.resblocks.0.mlp.c_proj" (what the block's second half adds),
/// "transformer.resblocks.0", ..., each (n, tokens, width), and "embedding" (n, embedding).
/// Weights have the names of OpenAI's code, with or without "visual." before them, or those of
/// Hugging Face's CLIPModel (query, key and value apart).
std::shared_ptr<FeatureNetwork> make_clip_vision(const NetworkEntry& entry,
                                                 const TransformerShape& shape,
                                                 const WeightFile& file);

/// DINOv2's encoder (Oquab et al. 2024): layer scale, exact GELU, position embeddings interpolated
/// to the image's patches as its public code does (bicubic, scale (patches + 0.1) / trained
/// patches). Sides are enlarged to a multiple of `patch`. Layers: "blocks.0", ..., "norm",
/// each (n, tokens, width), and "embedding" (n, width), the normalised class token. Weights have
/// the names of the public checkpoints.
std::shared_ptr<FeatureNetwork> make_dinov2(const NetworkEntry& entry,
                                            const TransformerShape& shape, const WeightFile& file);

}  // namespace afterimage
