#include <set>

#include "afterimage/base/text.h"
#include "afterimage/diffusion/checkpoint.h"
#include "afterimage/diffusion/tokenizer.h"

namespace afterimage::diffusion {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<torch::nn::Module> load(const Checkpoint& checkpoint, Part part) {
  switch (part) {
    case Part::text_encoder:
      return checkpoint.text_encoder();
    case Part::unet:
      return checkpoint.unet();
    case Part::autoencoder:
      return checkpoint.autoencoder();
    case Part::small_decoder:
      return checkpoint.small_decoder();
  }
  return nullptr;
}

/// "859520964 parameters, Half, 1.6 GiB, in model.safetensors".
std::string weights_line(const torch::nn::Module& network, const fs::path& file) {
  int64_t count = 0;
  double bytes = 0;
  std::set<std::string> types;
  for (const auto& parameter : network.parameters()) {
    count += parameter.numel();
    bytes += static_cast<double>(parameter.nbytes());
    types.insert(concat(parameter.scalar_type()));
  }
  return concat(count, " parameters, ", join({types.begin(), types.end()}), ", ", bytes_text(bytes),
                ", in ", file.string());
}

}  // namespace

bool looks_like_checkpoint(const fs::path& path) {
  if (fs::is_directory(path)) {
    return fs::exists(path / "model_index.json") || fs::exists(path / "config.json");
  }
  const std::string ending = path.extension().string();
  return ending == ".ckpt" || ending == ".safetensors" || ending == ".pth";
}

std::vector<std::pair<std::string, std::string>> describe(const Checkpoint& checkpoint) {
  std::vector<std::pair<std::string, std::string>> lines = {
      {"checkpoint", checkpoint.path().string()},
      {"form", "Stable Diffusion 1.x: " + checkpoint.form()}};
  for (const auto& [part, files] : checkpoint.parts()) {
    const auto relative = files.weights.lexically_relative(checkpoint.path());
    const auto shown = relative == "." ? files.weights.filename() : relative;
    lines.emplace_back(part_name(part), weights_line(*load(checkpoint, part), shown));
  }
  const bool small = checkpoint.has(Part::small_decoder);
  for (const Part part : {Part::text_encoder, Part::unet, Part::autoencoder}) {
    if (!checkpoint.has(part) && !small) lines.emplace_back(part_name(part), "none");
  }
  const auto vocabulary = checkpoint.tokenizer();
  if (checkpoint.has(Part::text_encoder)) {
    lines.emplace_back("tokenizer", vocabulary.empty()
                                        ? "none: give vocab.json and merges.txt for captions"
                                        : concat(Tokenizer(vocabulary).vocabulary(), " pieces"));
  }
  if (checkpoint.has(Part::unet)) {
    const DdimOptions steps = checkpoint.scheduler();
    lines.emplace_back("steps", concat(steps.trained_steps, " trained; first time step ",
                                       steps.offset, steps.end_at_one ? ", ends at 1" : ""));
  }
  return lines;
}

}  // namespace afterimage::diffusion
