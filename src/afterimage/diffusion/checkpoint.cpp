#include "afterimage/diffusion/checkpoint.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/json_file.h"
#include "afterimage/base/text.h"
#include "afterimage/diffusion/checkpoint_sizes.h"
#include "afterimage/diffusion/load_part.h"

namespace afterimage::diffusion {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* known =
    "Give a folder with model_index.json or config.json, or a .ckpt or .safetensors file";

bool any_starts_with(const TensorMap& weights, const std::string& prefix) {
  const auto found = weights.lower_bound(prefix);
  return found != weights.end() && found->first.starts_with(prefix);
}

/// Which part a configuration is of.
Part part_of(const json& config, const fs::path& where) {
  const auto text = [&](const char* key) {
    return config.contains(key) && config[key].is_string() ? config[key].get<std::string>() : "";
  };
  const std::string name = text("_class_name"), type = text("model_type");
  if (name == "UNet2DConditionModel") return Part::unet;
  if (name == "AutoencoderKL") return Part::autoencoder;
  if (name == "AutoencoderTiny") return Part::small_decoder;
  if (type == "clip_text_model" || type == "clip") return Part::text_encoder;
  throw Error(
      where, concat("is of a '", name.empty() ? type : name, "'"),
      "Known are UNet2DConditionModel, AutoencoderKL, AutoencoderTiny and CLIP's text model");
}

/// Refuses what is recognisably of another family.
void check_family(const TensorMap& weights, const fs::path& where) {
  for (const auto& [prefix, family] :
       {std::pair("conditioner.embedders.", "Stable Diffusion XL"),
        {"cond_stage_model.model.", "Stable Diffusion 2"},
        {"model.diffusion_model.joint_blocks.", "Stable Diffusion 3"}}) {
    if (any_starts_with(weights, prefix)) {
      refuse_family(where, family, concat("it has tensors '", prefix, "...'"));
    }
  }
  const auto condition =
      weights.find("model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight");
  if (condition != weights.end() && condition->second.dim() == 2 &&
      condition->second.size(1) == 1024) {
    refuse_family(where, "Stable Diffusion 2", "conditions of width 1024");
  }
}

json config_of(const PartFiles& files) {
  return files.config.empty() ? json::object() : read_json(files.config);
}

/// A network of these sizes with the weights of a part.
template <typename Network, typename Sizes>
std::shared_ptr<Network> loaded(const Sizes& sizes, Part part, const PartFiles& files,
                                Storage storage, size_t levels, int64_t blocks,
                                const std::vector<bool>& attention = {}) {
  auto network = std::make_shared<Network>(sizes);
  const TensorMap weights = open_weights(files.weights);
  const auto names = [&](const std::string& name) {
    return names_in_file(part, files.layout, name, levels, blocks, attention);
  };
  load_part(*network, weights, storage, names, files.weights);
  network->eval();
  return network;
}

}  // namespace

Checkpoint::Checkpoint(const fs::path& path) : path_(path) {
  if (!fs::exists(path)) throw Error(path, "no such file or folder", known);
  if (!fs::is_directory(path)) {
    open_file();
  } else if (fs::exists(path / "model_index.json")) {
    open_folder();
  } else if (fs::exists(path / "config.json")) {
    form_ = "folder of one part";
    open_part(path);
  } else {
    throw Error(path, "is a folder without model_index.json or config.json", known);
  }
}

void Checkpoint::open_part(const fs::path& folder) {
  const fs::path config = folder / "config.json";
  parts_[part_of(read_json(config), config)] = {weights_in(folder), config, Layout::diffusers};
}

void Checkpoint::open_folder() {
  form_ = "folder of diffusers";
  const fs::path index = path_ / "model_index.json";
  const json list = read_json(index);
  const auto name = list.value("_class_name", json());
  const std::string pipeline = name.is_string() ? name.get<std::string>() : "";
  for (const auto& [sign, family] : {std::pair("StableDiffusionXL", "Stable Diffusion XL"),
                                     {"StableDiffusion3", "Stable Diffusion 3"}}) {
    if (pipeline.starts_with(sign)) refuse_family(index, family, "a " + pipeline);
  }
  if (!pipeline.starts_with("StableDiffusion")) {
    throw Error(index, "is of a '" + pipeline + "'",
                "Give Stable Diffusion 1.x, such as 1.4 or 1.5");
  }
  for (const char* part : {"text_encoder", "unet", "vae"}) {
    if (fs::is_directory(path_ / part)) open_part(path_ / part);
  }
  if (parts_.empty())
    throw Error(path_, "has none of the folders text_encoder, unet and vae", known);
}

void Checkpoint::open_file() {
  const TensorMap weights = open_weights(path_);
  check_family(weights, path_);
  const PartFiles here = {path_, {}, Layout::compvis};
  form_ = "file of CompVis' code";
  if (any_starts_with(weights, "model.diffusion_model.")) parts_[Part::unet] = here;
  if (any_starts_with(weights, "first_stage_model.") ||
      any_starts_with(weights, "encoder.down.0.block.")) {
    parts_[Part::autoencoder] = here;
  }
  if (any_starts_with(weights, "cond_stage_model.transformer.")) parts_[Part::text_encoder] = here;
  if (weights.contains("1.weight") && weights.contains("3.conv.0.weight")) {
    form_ = "file of TAESD";
    parts_[Part::small_decoder] = here;
  }
  if (parts_.empty()) {
    throw Error(path_,
                "holds no part of Stable Diffusion 1.x in CompVis' names, and no TAESD decoder",
                "Of diffusers and transformers give the folder with config.json");
  }
}

const PartFiles& Checkpoint::files_of(Part part) const {
  const auto found = parts_.find(part);
  if (found == parts_.end()) {
    throw Error(path_, concat("has no ", part_name(part)),
                "Give a whole checkpoint of Stable Diffusion 1.x");
  }
  return found->second;
}

fs::path Checkpoint::tokenizer() const {
  const fs::path folder = path_ / "tokenizer";
  return fs::exists(folder / "vocab.json") ? folder : fs::path();
}

DdimOptions Checkpoint::scheduler() const {
  const fs::path file = path_ / "scheduler" / "scheduler_config.json";
  return fs::exists(file) ? ddim_options(read_json(file), file) : DdimOptions{};
}

std::shared_ptr<TextEncoder> Checkpoint::text_encoder(Storage storage) const {
  const auto& files = files_of(Part::text_encoder);
  const auto sizes = text_encoder_sizes(config_of(files), files.config);
  return loaded<TextEncoder>(sizes, Part::text_encoder, files, storage, 0, 0);
}

std::shared_ptr<ConditionalUNet> Checkpoint::unet(Storage storage) const {
  const auto& files = files_of(Part::unet);
  const auto sizes = unet_sizes(config_of(files), files.config);
  return loaded<ConditionalUNet>(sizes, Part::unet, files, storage, sizes.channels.size(),
                                 sizes.blocks, sizes.attention);
}

std::shared_ptr<Autoencoder> Checkpoint::autoencoder(Storage storage) const {
  const auto& files = files_of(Part::autoencoder);
  const auto sizes = autoencoder_sizes(config_of(files), files.config);
  return loaded<Autoencoder>(sizes, Part::autoencoder, files, storage, sizes.channels.size(),
                             sizes.blocks);
}

std::shared_ptr<SmallDecoder> Checkpoint::small_decoder(Storage storage) const {
  const auto& files = files_of(Part::small_decoder);
  const auto sizes = small_decoder_sizes(config_of(files), files.config);
  return loaded<SmallDecoder>(sizes, Part::small_decoder, files, storage, 0, 0);
}

}  // namespace afterimage::diffusion
