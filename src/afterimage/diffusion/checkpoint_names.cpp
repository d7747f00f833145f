#include "afterimage/diffusion/checkpoint_names.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "afterimage/base/text.h"

namespace afterimage::diffusion {
namespace {

using Renaming = std::pair<std::string_view, std::string_view>;

constexpr std::string_view prefixes[] = {"cond_stage_model.transformer.text_model.",
                                         "model.diffusion_model.", "first_stage_model.", ""};

/// `name` with the first of `from` that occurs in it replaced.
template <size_t count>
std::string renamed(std::string name, const std::array<Renaming, count>& names) {
  for (const auto& [from, to] : names) {
    const size_t at = name.find(from);
    if (at != std::string::npos) return name.replace(at, from.size(), to);
  }
  return name;
}

constexpr std::array<Renaming, 6> unet_blocks = {
    Renaming{"norm1", "in_layers.0"},  {"conv1", "in_layers.2"},
    {"time_emb_proj", "emb_layers.1"}, {"norm2", "out_layers.0"},
    {"conv2", "out_layers.3"},         {"conv_shortcut", "skip_connection"}};
constexpr std::array<Renaming, 5> unet_ends = {Renaming{"time_embedding.linear_1", "time_embed.0"},
                                               {"time_embedding.linear_2", "time_embed.2"},
                                               {"conv_in", "input_blocks.0.0"},
                                               {"conv_norm_out", "out.0"},
                                               {"conv_out", "out.2"}};
constexpr std::array<Renaming, 5> pixel_attention = {
    Renaming{"attentions.0.group_norm", "attn_1.norm"},
    {"attentions.0.to_q", "attn_1.q"},
    {"attentions.0.to_k", "attn_1.k"},
    {"attentions.0.to_v", "attn_1.v"},
    {"attentions.0.to_out.0", "attn_1.proj_out"}};
constexpr std::array<Renaming, 4> older_attention = {
    Renaming{"to_q", "query"}, {"to_k", "key"}, {"to_v", "value"}, {"to_out.0", "proj_attn"}};

/// A name in parts, and the numbers at two of them.
struct Path {
  explicit Path(const std::string& name) : parts(split(name, '.')) {}
  bool is(size_t place, std::string_view word) const {
    return place < parts.size() && parts[place] == word;
  }
  int64_t number(size_t place) const { return std::atoll(parts[place].c_str()); }
  std::string from(size_t place) const {
    return join({parts.begin() + static_cast<ptrdiff_t>(place), parts.end()}, ".");
  }
  std::vector<std::string> parts;
};

/// CompVis numbers all blocks of a way through; each holds what belongs together: a residual block,
/// attention, a change of resolution.
std::string unet_name(const std::string& name, int64_t blocks, const std::vector<bool>& attention) {
  const Path path(name);
  if (path.is(0, "mid_block")) {  // mid_block.resnets.1.norm1.weight
    const int64_t place = path.is(1, "attentions") ? 1 : 2 * path.number(2);
    return concat("middle_block.", place, ".",
                  path.is(1, "resnets") ? renamed(path.from(3), unet_blocks) : path.from(3));
  }
  const bool down = path.is(0, "down_blocks");
  if (!down && !path.is(0, "up_blocks")) return renamed(name, unet_ends);
  const int64_t level = path.number(1), each = path.number(3);
  if (path.is(2, "downsamplers")) {
    return concat("input_blocks.", (level + 1) * (blocks + 1), ".0.op.", path.from(5));
  }
  if (path.is(2, "upsamplers")) {
    const bool attended = attention[attention.size() - 1 - static_cast<size_t>(level)];
    return concat("output_blocks.", level * (blocks + 1) + blocks, attended ? ".2." : ".1.",
                  path.from(4));
  }
  const int64_t place = level * (blocks + 1) + each + (down ? 1 : 0);
  const bool residual = path.is(2, "resnets");
  return concat(down ? "input_blocks." : "output_blocks.", place, residual ? ".0." : ".1.",
                residual ? renamed(path.from(4), unet_blocks) : path.from(4));
}

std::string autoencoder_name(const std::string& name, size_t levels) {
  const Path path(name);  // encoder.down_blocks.0.resnets.1.conv_shortcut.weight
  if (path.is(1, "mid_block")) {
    if (path.is(2, "attentions")) {
      return concat(path.parts[0], ".mid.", renamed(path.from(2), pixel_attention));
    }
    return concat(path.parts[0], ".mid.block_", path.number(3) + 1, ".", path.from(4));
  }
  const bool down = path.is(1, "down_blocks");
  if (!down && !path.is(1, "up_blocks")) {
    return renamed(name, std::array<Renaming, 1>{Renaming{"conv_norm_out", "norm_out"}});
  }
  const int64_t level = down ? path.number(2) : static_cast<int64_t>(levels) - 1 - path.number(2);
  const std::string start = concat(path.parts[0], down ? ".down." : ".up.", level, ".");
  if (path.is(3, "downsamplers")) return start + "downsample." + path.from(5);
  if (path.is(3, "upsamplers")) return start + "upsample." + path.from(5);
  return concat(
      start, "block.", path.number(4), ".",
      renamed(path.from(5), std::array<Renaming, 1>{Renaming{"conv_shortcut", "nin_shortcut"}}));
}

}  // namespace

std::string part_name(Part part) {
  constexpr const char* names[] = {"text_encoder", "unet", "autoencoder", "small_decoder"};
  return names[static_cast<size_t>(part)];
}

std::vector<std::string> names_in_file(Part part, Layout layout, const std::string& name,
                                       size_t levels, int64_t blocks,
                                       const std::vector<bool>& attention) {
  const std::string prefix(prefixes[static_cast<size_t>(part)]);
  const bool compvis = layout == Layout::compvis;
  switch (part) {
    case Part::text_encoder:
      if (compvis) return {prefix + name};
      return {"text_model." + name, name};
    case Part::unet:
      if (compvis) return {prefix + unet_name(name, blocks, attention)};
      return {name};
    case Part::autoencoder: {
      if (!compvis) return {name, renamed(name, older_attention)};
      const std::string theirs = autoencoder_name(name, levels);
      return {prefix + theirs, theirs};  // also in a file of its own
    }
    case Part::small_decoder: {
      if (!compvis) return {"decoder." + name};
      const Path path(name);  // layers.2.conv.0.weight: theirs begins with a module for tanh
      return {concat(path.number(1) + 1, ".", path.from(2))};
    }
  }
  return {name};
}

}  // namespace afterimage::diffusion
