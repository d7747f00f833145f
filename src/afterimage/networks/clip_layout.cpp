#include "afterimage/networks/clip_layout.h"

#include <ATen/ops/cat.h>

#include <array>
#include <string>

namespace afterimage {
namespace {

constexpr std::string_view kHuggingFace = "vision_model.";
constexpr std::string_view kBlocks = "encoder.layers.";

struct Renamed {
  std::string_view theirs, ours;
};
/// Beginnings of names outside the blocks, and inside "encoder.layers.N.".
constexpr std::array kOutside{
    Renamed{"embeddings.patch_embedding.", "conv1."},
    Renamed{"embeddings.class_embedding", "class_embedding"},
    Renamed{"embeddings.position_embedding.weight", "positional_embedding"},
    Renamed{"pre_layrnorm.", "ln_pre."}, Renamed{"post_layernorm.", "ln_post."}};
constexpr std::array kInside{Renamed{"layer_norm1.", "ln_1."}, Renamed{"layer_norm2.", "ln_2."},
                             Renamed{"self_attn.out_proj.", "attn.out_proj."},
                             Renamed{"mlp.fc1.", "mlp.c_fc."}, Renamed{"mlp.fc2.", "mlp.c_proj."}};

/// "" when none of the beginnings fits.
template <typename Table>
std::string renamed(const Table& table, std::string_view name) {
  for (const auto& [theirs, ours] : table) {
    if (name.starts_with(theirs)) {
      return std::string(ours) + std::string(name.substr(theirs.size()));
    }
  }
  return {};
}

/// Query, key and value of one block, if all are there and fit together.
void put_together(const TensorMap& tensors, const std::string& theirs, const std::string& ours,
                  TensorMap& visual) {
  for (const char* kind : {"weight", "bias"}) {
    std::vector<at::Tensor> parts;
    for (const char* part : {"q", "k", "v"}) {
      const auto found = tensors.find(theirs + part + "_proj." + kind);
      if (found != tensors.end()) parts.push_back(found->second);
    }
    const bool alike = parts.size() == 3 && parts[0].sizes() == parts[1].sizes() &&
                       parts[0].sizes() == parts[2].sizes() && parts[0].dim() > 0;
    if (alike) visual[ours + kind] = at::cat(parts);
  }
}

TensorMap from_hugging_face(const TensorMap& tensors) {
  TensorMap visual;
  for (const auto& [full, tensor] : tensors) {
    if (full == "visual_projection.weight" && tensor.dim() == 2) visual["proj"] = tensor.t();
    if (!full.starts_with(kHuggingFace)) continue;
    const std::string_view name = std::string_view(full).substr(kHuggingFace.size());
    if (!name.starts_with(kBlocks)) {
      const auto ours = renamed(kOutside, name);
      if (!ours.empty()) visual[ours] = tensor;
      continue;
    }
    const auto dot = name.find('.', kBlocks.size());
    if (dot == std::string_view::npos) continue;
    const auto block = std::string(name.substr(kBlocks.size(), dot - kBlocks.size()));
    const auto prefix = "transformer.resblocks." + block + ".";
    const auto inside = name.substr(dot + 1);
    const auto ours = renamed(kInside, inside);
    if (!ours.empty()) visual[prefix + ours] = tensor;
    if (inside == "self_attn.q_proj.weight") {
      const auto theirs = full.substr(0, full.size() - std::string_view("q_proj.weight").size());
      put_together(tensors, theirs, prefix + "attn.in_proj_", visual);
    }
  }
  return visual;
}

}  // namespace

TensorMap openai_clip_vision(const TensorMap& tensors) {
  const auto first = tensors.lower_bound(std::string(kHuggingFace));
  if (first != tensors.end() && first->first.starts_with(kHuggingFace)) {
    return from_hugging_face(tensors);
  }
  const std::string prefix = "visual.";
  if (!tensors.contains(prefix + "conv1.weight")) return tensors;
  TensorMap visual;
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with(prefix)) visual.emplace(name.substr(prefix.size()), tensor);
  }
  return visual;
}

}  // namespace afterimage
