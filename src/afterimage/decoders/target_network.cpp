#include "afterimage/decoders/target_network.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>

#include "afterimage/base/content_hash.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/diffusion/find_checkpoint.h"
#include "afterimage/networks/network_table.h"

namespace afterimage {
namespace {

class LayerTargets : public TargetNetwork {
 public:
  LayerTargets(const std::string& network, std::vector<std::string> layers, bool imagenet,
               const RunContext& run)
      : layers_(std::move(layers)), run_(run) {
    if (layers_.empty()) {
      layers_ = network_entry(network).loss_layers;
      if (network.starts_with("clip-")) layers_.emplace_back("embedding");
    }
    network_ = target_feature_network(network, layers_, imagenet, run);
    const auto weights = pretrained_weights(network, run.weights());
    identity_ = concat(network, " ", weights.sha256, imagenet ? " imagenet " : " ", join(layers_));
    shapes_.resize(layers_.size());
  }

  const std::vector<std::string>& layers() const override { return layers_; }
  std::string identity() const override { return identity_; }
  std::vector<at::Tensor> of(const TargetInput& input) const override {
    const at::NoGradGuard no_grad;
    auto found = network_->forward(input.images.to(run_.device()), layers_);
    for (size_t i = 0; i < found.size(); ++i) {
      shapes_[i] = found[i].sizes().slice(1).vec();
      found[i] = found[i].contiguous().flatten(1).cpu();
    }
    return found;
  }
  std::vector<int64_t> unit_shape(size_t layer) const override { return shapes_[layer]; }

 private:
  std::vector<std::string> layers_;
  RunContext run_;
  std::shared_ptr<FeatureNetwork> network_;
  std::string identity_;
  mutable std::vector<std::vector<int64_t>> shapes_;
};

class DiffusionTargets : public TargetNetwork {
 public:
  DiffusionTargets(const diffusion::Checkpoint& checkpoint, const DiffusionTargetOptions& options,
                   const RunContext& run)
      : options_(options), run_(run), shapes_(options.layers.size()) {
    for (const auto& layer : options_.layers) {
      if (layer != "z" && layer != "c") {
        throw Error("layers", concat("Stable Diffusion has no '", layer, "' to predict"),
                    "Known are z (the latent) and c (the condition of captions)");
      }
    }
    if (wants("z")) {
      autoencoder_ = checkpoint.autoencoder();
      autoencoder_->to(run.device());
    }
    if (wants("c")) texts_.emplace(checkpoint, options_.tokens, run);
    identity_ = concat("stable-diffusion ", content_hash(checkpoint.path()).text(), " ",
                       join(options_.layers), run.precision() == Precision::bf16 ? " bf16" : "");
    if (wants("z")) identity_ += options.sampled ? " sampled" : " mean";
    if (wants("c")) identity_ += concat(" ", options.tokens, " tokens");
  }

  const std::vector<std::string>& layers() const override { return options_.layers; }
  std::string identity() const override { return identity_; }
  bool needs_captions() const override { return wants("c"); }
  std::vector<int64_t> unit_shape(size_t layer) const override { return shapes_[layer]; }

  std::vector<at::Tensor> of(const TargetInput& input) const override {
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> found;
    for (const auto& layer : options_.layers) {
      const auto values = layer == "z" ? latents(input) : conditions(input);
      shapes_[found.size()] = values.sizes().slice(1).vec();
      found.push_back(values.flatten(1).to(at::kCPU, at::kFloat).contiguous());
    }
    return found;
  }

 private:
  bool wants(const std::string& layer) const {
    return std::ranges::find(options_.layers, layer) != options_.layers.end();
  }

  at::Tensor latents(const TargetInput& input) const {
    const int64_t step = autoencoder_->sizes().reduction(), side = input.images.size(2);
    if (side % step != 0) {
      throw Error("image_size", concat("is ", side, ", which the autoencoder cannot reduce"),
                  concat("Give a multiple of ", step));
    }
    const auto said = autoencoder_->encode(input.images.to(run_.device(), compute_type(run_)));
    if (!options_.sampled) return said.mean;
    std::vector<at::Tensor> noise;
    for (const auto& key : input.keys) {
      noise.push_back(
          at::randn(said.mean.sizes().slice(1), run_.generator("latent of " + key), at::kFloat));
    }
    return said.sample(at::stack(noise).to(said.mean.device(), said.mean.scalar_type()));
  }

  at::Tensor conditions(const TargetInput& input) const {
    std::vector<at::Tensor> means;
    for (const auto& captions : input.captions) {
      means.push_back(
          texts_->of(captions).to(at::kFloat).mean(0).slice(0, 1));  // (tokens - 1, width)
    }
    return at::stack(means);
  }

  DiffusionTargetOptions options_;
  RunContext run_;
  std::shared_ptr<diffusion::Autoencoder> autoencoder_;  // null without z
  std::optional<TextConditions> texts_;                  // none without c
  std::string identity_;
  mutable std::vector<std::vector<int64_t>> shapes_;
};

}  // namespace

at::ScalarType compute_type(const RunContext& run) {
  return run.precision() == Precision::bf16 ? at::kBFloat16 : at::kFloat;
}

std::shared_ptr<FeatureNetwork> target_feature_network(const std::string& network,
                                                       const std::vector<std::string>& layers,
                                                       bool imagenet_statistics,
                                                       const RunContext& run) {
  auto made = load_feature_network(network, run.weights());
  const auto known = made->layers();
  for (const auto& layer : layers) {
    if (std::ranges::find(known, layer) == known.end()) {
      throw Error("layers", concat(network, " has no layer '", layer, "'"),
                  suggestion(layer, known));
    }
  }
  if (imagenet_statistics) {
    const auto row = [](const std::array<double, 3>& values) {
      return at::tensor(at::ArrayRef<double>(values), at::kDouble).view({1, 3, 1, 1});
    };
    const auto deviation = row(kImageNetStatistics.deviation);
    auto buffers = made->named_buffers(/*recurse=*/false);  // x scale + shift
    buffers["scale"].copy_(deviation.reciprocal());
    buffers["shift"].copy_(-row(kImageNetStatistics.mean) / deviation);
  }
  made->to(run.device());
  return made;
}

std::unique_ptr<TargetNetwork> layers_as_targets(const std::string& network,
                                                 std::vector<std::string> layers,
                                                 bool imagenet_statistics, const RunContext& run) {
  return std::make_unique<LayerTargets>(network, std::move(layers), imagenet_statistics, run);
}

std::unique_ptr<TargetNetwork> diffusion_targets(const diffusion::Checkpoint& checkpoint,
                                                 const DiffusionTargetOptions& options,
                                                 const RunContext& run) {
  return std::make_unique<DiffusionTargets>(checkpoint, options, run);
}

TextConditions::TextConditions(const diffusion::Checkpoint& checkpoint, int64_t tokens,
                               const RunContext& run)
    : tokens_(tokens), run_(run) {
  if (checkpoint.tokenizer().empty()) {
    throw Error(checkpoint.path(), "has no vocabulary, which captions are read by",
                "Use a folder of diffusers, with its tokenizer/");
  }
  encoder_ = checkpoint.text_encoder();
  if (tokens > encoder_->sizes().length) {
    throw Error("tokens",
                concat("is ", tokens, ", and the text encoder reads ", encoder_->sizes().length),
                concat("Give at most ", encoder_->sizes().length));
  }
  encoder_->to(run.device());
  tokenizer_ = std::make_shared<const diffusion::Tokenizer>(checkpoint.tokenizer());
}

at::Tensor TextConditions::of(const std::vector<std::string>& texts) const {
  const at::NoGradGuard no_grad;
  const auto numbers = tokenizer_->encode(texts, tokens_);
  return encoder_->forward(numbers.to(run_.device()), compute_type(run_));
}

diffusion::Checkpoint checkpoint_at(const std::string& path, const RunContext& run) {
  if (!path.empty()) return diffusion::Checkpoint(path);
  const auto found = diffusion::find_checkpoints(run.weights());
  if (found.empty()) {
    throw Error("checkpoint", "no Stable Diffusion 1.x is where weights lie",
                concat("Name one, or ", diffusion::fetch_checkpoint));
  }
  return diffusion::Checkpoint(found.front());
}

}  // namespace afterimage
