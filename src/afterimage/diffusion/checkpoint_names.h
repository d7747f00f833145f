#pragma once

#include <string>
#include <vector>

namespace afterimage::diffusion {

/// The parts of Stable Diffusion that hold weights.
enum class Part { text_encoder, unet, autoencoder, small_decoder };

/// "text_encoder", "unet", "autoencoder", "small_decoder".
std::string part_name(Part part);

/// How a file names its tensors: as diffusers and transformers do, or as the code of CompVis, where
/// one file holds all parts (of the small decoder: as TAESD's own files).
enum class Layout { diffusers, compvis };

/// What a parameter of ours ("mid_block.resnets.0.norm1.weight") may be called in a file, the usual
/// name first. `levels` and `blocks` are those of the part (UNetSizes, AutoencoderSizes), which
/// CompVis numbers through.
std::vector<std::string> names_in_file(Part part, Layout layout, const std::string& name,
                                       size_t levels, int64_t blocks,
                                       const std::vector<bool>& attention = {});

}  // namespace afterimage::diffusion
