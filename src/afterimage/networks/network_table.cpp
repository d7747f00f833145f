#include "afterimage/networks/network_table.h"

#include "afterimage/base/table.h"
#include "afterimage/networks/efficientnet.h"
#include "afterimage/networks/inception.h"
#include "afterimage/networks/resnet.h"
#include "afterimage/networks/sequence_network.h"
#include "afterimage/networks/vision_transformer.h"

namespace afterimage {
namespace {

using Make = decltype(NetworkEntry::make);

constexpr const char* kTorchvision = "BSD 3-Clause";

/// Python writes torchvision's files into its own cache, where they are found.
std::string from_torchvision(const std::string& function, const std::string& version) {
  return concat("python3 -c \"from torchvision.models import ", function, "; ", function,
                "(weights='", version, "')\"");
}

/// torch.hub writes a project's weights into the same cache.
std::string from_hub(const std::string& project, const std::string& model) {
  return concat("python3 -c \"import torch; torch.hub.load('", project, "', '", model, "')\"");
}

NetworkEntry sequence(const FeatureTable& table) {
  const auto title = table.name == "squeezenet" ? "SqueezeNet"
                     : table.name == "alexnet"  ? "AlexNet"
                                                : "VGG" + table.name.substr(3);
  return {table.name,
          title,
          "torchvision's " + table.function,
          kTorchvision,
          {table.function},
          from_torchvision(table.function, "IMAGENET1K_V1"),
          table.loss_layers,
          [&table](const NetworkEntry&, const WeightFile& file) {
            return make_sequence_network(table, file);
          }};
}

Make resnet(int64_t classes) {
  return [classes](const NetworkEntry& entry, const WeightFile& file) {
    return make_resnet(entry, {.classes = classes}, file);
  };
}
/// The ends of the four stages.
const std::vector<std::string> kResNetStages = {"layer1.2", "layer2.3", "layer3.5", "layer4.2"};

NetworkEntry resnet50(int version, std::vector<std::string> files) {
  return {concat("resnet50-v", version),
          concat("ResNet-50 v", version),
          concat("torchvision's resnet50, IMAGENET1K_V", version),
          kTorchvision,
          std::move(files),
          from_torchvision("resnet50", concat("IMAGENET1K_V", version)),
          kResNetStages,
          resnet(1000)};
}

NetworkEntry swav() {
  return {"swav",
          "SwAV ResNet-50",
          "the SwAV project's ResNet-50 (800 epochs)",
          "CC BY-NC 4.0",
          {"swav_800ep_pretrain", "swav"},
          from_hub("facebookresearch/swav:main", "resnet50"),
          kResNetStages,
          resnet(0)};
}

Make inception(InceptionForm form) {
  return [form](const NetworkEntry& entry, const WeightFile& file) {
    return make_inception(entry, form, file);
  };
}
const std::vector<std::string> kInceptionEnds = {"Mixed_5d", "Mixed_6e", "Mixed_7c"};

NetworkEntry inception_v3() {
  return {"inception",
          "InceptionV3",
          "torchvision's inception_v3, IMAGENET1K_V1",
          kTorchvision,
          {"inception_v3_google", "inception_v3"},
          from_torchvision("inception_v3", "IMAGENET1K_V1"),
          kInceptionEnds,
          inception(InceptionForm::torchvision)};
}

NetworkEntry inception_frechet() {
  return {"inception-fid",
          "InceptionV3 of 2015",
          "pytorch-fid's port of TensorFlow's Inception of 2015",
          "Apache 2.0",
          {"pt_inception-2015-12-05", "inception_fid"},
          "pip install pytorch-fid; python3 -c \"from pytorch_fid.inception import "
          "fid_inception_v3; fid_inception_v3()\"",
          kInceptionEnds,
          inception(InceptionForm::frechet)};
}

NetworkEntry efficientnet() {
  return {"efficientnet-b1",
          "EfficientNet-B1",
          "torchvision's efficientnet_b1, IMAGENET1K_V2",
          kTorchvision,
          {"efficientnet_b1"},
          from_torchvision("efficientnet_b1", "IMAGENET1K_V2"),
          {"features.2.2", "features.3.2", "features.5.3", "features.8"},
          make_efficientnet_b1};
}

/// What MindDiffuser refines by: the outputs of the first six blocks' second halves.
const std::vector<std::string> kClipTaps = [] {
  std::vector<std::string> paths;
  for (int i = 0; i < 6; ++i) paths.push_back(concat("transformer.resblocks.", i, ".mlp.c_proj"));
  return paths;
}();

/// Hugging Face's copy, its image encoder alone, in the user's folder of weights.
std::string from_transformers(const std::string& project, const std::string& name) {
  return concat(
      "mkdir -p ~/.local/share/afterimage/weights; cd ~/.local/share/afterimage/weights; "
      "python3 -c \"from transformers import CLIPVisionModelWithProjection as Clip; from "
      "safetensors.torch import save_file; save_file(Clip.from_pretrained('openai/",
      project, "').state_dict(), '", name, ".safetensors')\"");
}

NetworkEntry clip(const std::string& name, const std::string& title, const std::string& project,
                  const TransformerShape& shape) {
  return {name,
          title,
          "OpenAI's CLIP (" + project + ")",
          "MIT",
          {name, project},
          from_transformers(project, name),
          kClipTaps,
          [shape](const NetworkEntry& entry, const WeightFile& weights) {
            return make_clip_vision(entry, shape, weights);
          }};
}

NetworkEntry dinov2(const std::string& size, const TransformerShape& shape) {
  const auto model = "dinov2_vit" + size + "14";
  return {"dinov2-" + size,
          concat("DINOv2 ViT-", size == "s" ? "S" : "B", "/14"),
          "the DINOv2 project's " + model + " (without registers)",
          "Apache 2.0",
          {model + "_pretrain"},
          from_hub("facebookresearch/dinov2", model),
          {"blocks.2", "blocks.5", "blocks.8", "norm"},
          [shape](const NetworkEntry& entry, const WeightFile& file) {
            return make_dinov2(entry, shape, file);
          }};
}

constexpr TransformerShape kClipB32{224, 32, 768, 12, 12, 512};
constexpr TransformerShape kClipL14{224, 14, 1024, 24, 16, 768};
constexpr TransformerShape kDinoS14{518, 14, 384, 12, 6};
constexpr TransformerShape kDinoB14{518, 14, 768, 12, 12};

}  // namespace

const std::vector<NetworkEntry>& network_table() {
  static const std::vector<NetworkEntry> table = [] {
    std::vector<NetworkEntry> entries;
    for (const auto& plain : feature_tables()) entries.push_back(sequence(plain));
    for (const auto& entry : {
             resnet50(1, {"resnet50-0676ba61", "resnet50-19c8e357", "resnet50-v1"}),
             resnet50(2, {"resnet50-11ad3fa6", "resnet50-v2"}),
             swav(),
             inception_v3(),
             inception_frechet(),
             efficientnet(),
             clip("clip-b32", "CLIP ViT-B/32", "clip-vit-base-patch32", kClipB32),
             clip("clip-l14", "CLIP ViT-L/14", "clip-vit-large-patch14", kClipL14),
             dinov2("s", kDinoS14),
             dinov2("b", kDinoB14),
         }) {
      entries.push_back(entry);
    }
    return entries;
  }();
  return table;
}

const NetworkEntry& network_entry(const std::string& network) {
  return find_entry(network_table(), network, "feature network", "networks");
}

}  // namespace afterimage
