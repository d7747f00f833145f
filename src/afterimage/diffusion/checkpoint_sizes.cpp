#include "afterimage/diffusion/checkpoint_sizes.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage::diffusion {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// A configuration, read key by key.
class Config {
 public:
  Config(const json& values, const fs::path& where) : values_(values), where_(where) {}

  bool has(const char* key) const { return values_.contains(key) && !values_[key].is_null(); }

  int64_t number(const char* key, int64_t otherwise) const {
    if (!has(key)) return otherwise;
    return positive(values_[key], key);
  }

  std::vector<int64_t> numbers(const char* key, const std::vector<int64_t>& otherwise) const {
    if (!has(key)) return otherwise;
    if (!values_[key].is_array() || values_[key].empty()) bad(key, "no list of numbers");
    std::vector<int64_t> list;
    for (const auto& each : values_[key]) list.push_back(positive(each, key));
    return list;
  }

  double real(const char* key, double otherwise) const {
    if (!has(key)) return otherwise;
    if (!values_[key].is_number()) bad(key, "no number");
    return values_[key].get<double>();
  }

  std::string text(const char* key, const std::string& otherwise) const {
    if (!has(key)) return otherwise;
    if (!values_[key].is_string()) bad(key, "no text");
    return values_[key].get<std::string>();
  }

  std::vector<std::string> texts(const char* key, const std::vector<std::string>& otherwise) const {
    if (!has(key)) return otherwise;
    std::vector<std::string> list;
    for (const auto& each : values_[key]) {
      if (!each.is_string()) bad(key, "no list of names");
      list.push_back(each.get<std::string>());
    }
    return list;
  }

  /// Refuses a variant of the network: `key`, where it is given, must be `value`.
  void must_be(const char* key, const json& value) const {
    if (!has(key) || values_[key] == value) return;
    throw Error(where_, concat("its '", key, "' is ", values_[key].dump()),
                concat("Only ", value.dump(), ", as in Stable Diffusion 1.x, is known"));
  }

  bool is(const char* key, const json& value) const { return has(key) && values_[key] == value; }
  bool is_list(const char* key) const { return has(key) && values_[key].is_array(); }

 private:
  [[noreturn]] void bad(const char* key, const char* what) const {
    throw Error(where_, concat("its '", key, "' is ", what));
  }

  /// No network is larger; a damaged file that says so would fill the memory.
  static int64_t largest_of(const std::string& key) {
    if (key.find("layers") != std::string::npos || key.find("blocks") != std::string::npos)
      return 64;
    return key == "vocab_size" ? 1 << 20 : 1 << 14;
  }

  int64_t positive(const json& value, const char* key) const {
    const int64_t largest = largest_of(key);
    if (!value.is_number_integer() || value < 1 || value > largest) bad(key, "no size");
    return value.get<int64_t>();
  }

  const json& values_;
  const fs::path& where_;
};

/// Refuses channels that neither the groups of GroupNorm nor the heads of attention divide.
void check_divided(const std::vector<int64_t>& channels, int64_t groups, int64_t heads,
                   const fs::path& where) {
  for (const int64_t each : channels) {
    if (each % groups == 0 && each % heads == 0) continue;
    throw Error(where,
                concat("has ", each, " channels for ", groups, " groups and ", heads, " heads"),
                "Both divide the channels");
  }
}

}  // namespace

void refuse_family(const fs::path& where, const std::string& family, const std::string& sign) {
  throw Error(where, concat("is of ", family, " (", sign, ")"),
              "Give Stable Diffusion 1.x, such as 1.4 or 1.5");
}

TextEncoderSizes text_encoder_sizes(const json& given, const fs::path& where) {
  // The configuration of a whole CLIP has the text encoder's inside.
  const bool whole = given.contains("text_config") && given["text_config"].is_object();
  const json& values = whole ? given["text_config"] : given;
  const Config config(values, where);
  if (config.is("hidden_size", 1024)) {
    refuse_family(where, "Stable Diffusion 2", "a text encoder of width 1024");
  }
  if (config.is("hidden_size", 1280)) {
    refuse_family(where, "Stable Diffusion XL", "a text encoder of width 1280");
  }
  TextEncoderSizes sizes;
  sizes.vocabulary = config.number("vocab_size", sizes.vocabulary);
  sizes.length = config.number("max_position_embeddings", sizes.length);
  sizes.width = config.number("hidden_size", sizes.width);
  sizes.hidden = config.number("intermediate_size", sizes.hidden);
  sizes.layers = config.number("num_hidden_layers", sizes.layers);
  sizes.heads = config.number("num_attention_heads", sizes.heads);
  config.must_be("layer_norm_eps", 1e-5);
  const std::string activation = config.text("hidden_act", "quick_gelu");
  sizes.quick_gelu = activation == "quick_gelu";
  if (!sizes.quick_gelu) config.must_be("hidden_act", "gelu");
  if (sizes.width % sizes.heads != 0) {
    throw Error(where, concat("has ", sizes.heads, " heads for a width of ", sizes.width));
  }
  return sizes;
}

UNetSizes unet_sizes(const json& values, const fs::path& where) {
  const Config config(values, where);
  if (config.has("addition_embed_type")) {
    refuse_family(where, "Stable Diffusion XL", "its U-Net takes sizes as a condition");
  }
  if (config.is("cross_attention_dim", 1024) || config.is("use_linear_projection", true)) {
    refuse_family(where, "Stable Diffusion 2",
                  config.is("cross_attention_dim", 1024) ? "conditions of width 1024"
                                                         : "projections are linear");
  }
  config.must_be("in_channels", 4);  // 9: inpainting, 8: image editing
  for (const auto& [key, value] : std::initializer_list<std::pair<const char*, json>>{
           {"act_fn", "silu"},
           {"center_input_sample", false},
           {"class_embed_type", nullptr},
           {"conv_in_kernel", 3},
           {"downsample_padding", 1},
           {"dual_cross_attention", false},
           {"encoder_hid_dim", nullptr},
           {"flip_sin_to_cos", true},
           {"freq_shift", 0},
           {"mid_block_scale_factor", 1},
           {"mid_block_type", "UNetMidBlock2DCrossAttn"},
           {"num_class_embeds", nullptr},
           {"only_cross_attention", false},
           {"resnet_time_scale_shift", "default"},
           {"time_embedding_type", "positional"},
           {"transformer_layers_per_block", 1}}) {
    config.must_be(key, value);
  }
  UNetSizes sizes;
  sizes.out_channels = config.number("out_channels", sizes.out_channels);
  sizes.channels = config.numbers("block_out_channels", sizes.channels);
  sizes.blocks = config.number("layers_per_block", sizes.blocks);
  sizes.condition_width = config.number("cross_attention_dim", sizes.condition_width);
  sizes.groups = config.number("norm_num_groups", sizes.groups);
  sizes.epsilon = config.real("norm_eps", sizes.epsilon);
  // What diffusers calls the width of a head has always been the number of heads.
  sizes.heads =
      config.number("num_attention_heads", config.number("attention_head_dim", sizes.heads));
  const auto down = config.texts(
      "down_block_types",
      {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"});
  sizes.attention.clear();
  for (const auto& type : down) {
    if (type != "CrossAttnDownBlock2D" && type != "DownBlock2D") {
      throw Error(where, "has a block '" + type + "'",
                  "Known are CrossAttnDownBlock2D and DownBlock2D, as in Stable Diffusion 1.x");
    }
    sizes.attention.push_back(type == "CrossAttnDownBlock2D");
  }
  if (sizes.attention.size() != sizes.channels.size()) {
    throw Error(where, concat("has ", sizes.attention.size(), " blocks and channels for ",
                              sizes.channels.size()));
  }
  json mirrored = json::array();
  for (size_t i = down.size(); i > 0; --i) {
    mirrored.push_back(sizes.attention[i - 1] ? "CrossAttnUpBlock2D" : "UpBlock2D");
  }
  config.must_be("up_block_types", mirrored);
  check_divided(sizes.channels, sizes.groups, sizes.heads, where);
  return sizes;
}

AutoencoderSizes autoencoder_sizes(const json& values, const fs::path& where) {
  const Config config(values, where);
  if (config.is("latent_channels", 16)) {
    refuse_family(where, "Stable Diffusion 3", "latents of 16 channels");
  }
  AutoencoderSizes sizes;
  sizes.scale = config.real("scaling_factor", sizes.scale);
  if (sizes.scale == 0.13025)
    refuse_family(where, "Stable Diffusion XL", "latents scaled by 0.13025");
  for (const auto& [key, value] :
       std::initializer_list<std::pair<const char*, json>>{{"act_fn", "silu"},
                                                           {"mid_block_add_attention", true},
                                                           {"shift_factor", nullptr},
                                                           {"use_post_quant_conv", true},
                                                           {"use_quant_conv", true}}) {
    config.must_be(key, value);
  }
  sizes.latent_channels = config.number("latent_channels", sizes.latent_channels);
  sizes.channels = config.numbers("block_out_channels", sizes.channels);
  sizes.blocks = config.number("layers_per_block", sizes.blocks);
  sizes.groups = config.number("norm_num_groups", sizes.groups);
  check_divided(sizes.channels, sizes.groups, /*heads=*/1, where);
  return sizes;
}

SmallDecoderSizes small_decoder_sizes(const json& values, const fs::path& where) {
  const Config config(values, where);
  SmallDecoderSizes sizes;
  config.must_be("latent_channels", 4);  // 16: of Stable Diffusion 3
  config.must_be("act_fn", "relu");
  const auto channels = config.numbers("decoder_block_out_channels", {64, 64, 64, 64});
  sizes.channels = channels.front();
  if (std::any_of(channels.begin(), channels.end(),
                  [&](int64_t each) { return each != sizes.channels; })) {
    throw Error(where, "its 'decoder_block_out_channels' differ", "They are alike in TAESD");
  }
  sizes.blocks = config.numbers("num_decoder_blocks", sizes.blocks);
  if (sizes.blocks.size() != channels.size()) {
    throw Error(where, "has not as many 'num_decoder_blocks' as 'decoder_block_out_channels'");
  }
  return sizes;
}

DdimOptions ddim_options(const json& values, const fs::path& where) {
  const Config config(values, where);
  if (config.is("prediction_type", "v_prediction")) {
    refuse_family(where, "Stable Diffusion 2", "the network says velocities, not noise");
  }
  config.must_be("beta_schedule", "scaled_linear");
  config.must_be("prediction_type", "epsilon");
  config.must_be("timestep_spacing", "leading");
  config.must_be("clip_sample", false);
  config.must_be("thresholding", false);
  config.must_be("rescale_betas_zero_snr", false);
  config.must_be("trained_betas", nullptr);
  if (!config.is("steps_offset", 0)) config.must_be("steps_offset", 1);
  DdimOptions options;
  options.trained_steps = config.number("num_train_timesteps", options.trained_steps);
  options.beta_start = config.real("beta_start", options.beta_start);
  options.beta_end = config.real("beta_end", options.beta_end);
  options.offset = config.has("steps_offset") && !config.is("steps_offset", 1) ? 0 : 1;
  options.end_at_one = config.is("set_alpha_to_one", true);
  check_options(options.options(), where.string());
  return options;
}

}  // namespace afterimage::diffusion
