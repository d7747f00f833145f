#pragma once

#include <filesystem>

#include <nlohmann/json_fwd.hpp>

#include "afterimage/diffusion/autoencoder.h"
#include "afterimage/diffusion/conditional_unet.h"
#include "afterimage/diffusion/ddim.h"
#include "afterimage/diffusion/small_decoder.h"
#include "afterimage/diffusion/text_encoder.h"

namespace afterimage::diffusion {

/// Sizes from the `config.json` of diffusers or transformers, which `where` names in errors. What
/// it does not say is as in Stable Diffusion 1.x. Errors: another family of models (Stable
/// Diffusion 2, XL and 3 are named), a variant of the network that is not built here, nonsense.
TextEncoderSizes text_encoder_sizes(const nlohmann::json& config,
                                    const std::filesystem::path& where);
UNetSizes unet_sizes(const nlohmann::json& config, const std::filesystem::path& where);
AutoencoderSizes autoencoder_sizes(const nlohmann::json& config,
                                   const std::filesystem::path& where);
SmallDecoderSizes small_decoder_sizes(const nlohmann::json& config,
                                      const std::filesystem::path& where);

/// What a `scheduler_config.json` says of the noise and of the steps.
DdimOptions ddim_options(const nlohmann::json& config, const std::filesystem::path& where);

/// Throws an Error that says the checkpoint at `where` is of another family: "Stable Diffusion 2".
[[noreturn]] void refuse_family(const std::filesystem::path& where, const std::string& family,
                                const std::string& sign);

}  // namespace afterimage::diffusion
