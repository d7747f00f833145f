#include "afterimage/diffusion/checkpoint.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/diffusion/load_part.h"
#include "afterimage/diffusion/tokenizer.h"
#include "reference/formula.h"

namespace afterimage::diffusion {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using reference::error;
using reference::wave;

const fs::path data = fs::path(AFTERIMAGE_TEST_DATA) / "diffusion";
const fs::path pipeline = data / "pipeline";

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no complaint";
}

void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

/// A copy of the small pipeline that a test may spoil.
class Spoiled : public TemporaryFolder {
 public:
  Spoiled() { fs::copy(pipeline, path(), fs::copy_options::recursive); }

  void set(const std::string& file, const std::string& key, const json& value) {
    auto values = json::parse(read_text(*this / file));
    values[key] = value;
    std::ofstream(*this / file) << values;
  }
  std::string message() const {
    return message_of([&] { describe(Checkpoint(path())); });
  }
};

/// What the small pipeline computes, in float64 over its weights in half precision.
void expect_outputs(const TextEncoder& text, const ConditionalUNet& unet,
                    const Autoencoder& autoencoder) {
  const TensorMap expected = reference::read("diffusion/pipeline.safetensors");
  const auto context = text.forward(at::arange(15).unsqueeze(0) * 40, at::kDouble);
  const auto noise = unet.forward(wave({1, 4, 8, 8}), at::tensor({741}), context);
  EXPECT_LT(error(context, expected.at("context")), 1e-10);
  EXPECT_LT(error(noise, expected.at("noise")), 1e-10);
  EXPECT_LT(error(autoencoder.decode(noise) * 2 - 1, expected.at("image"), 3), 1e-10);
}

TEST(Checkpoint, FolderOfDiffusersGivesWhatDiffusersComputes) {
  const Checkpoint checkpoint(pipeline);
  EXPECT_EQ(checkpoint.form(), "folder of diffusers");
  ASSERT_EQ(checkpoint.parts().size(), 3u);
  EXPECT_EQ(checkpoint.parts().at(Part::unet).weights.extension(), ".json");  // shards
  EXPECT_EQ(checkpoint.parts().at(Part::autoencoder).weights.extension(), ".bin");
  const auto unet = checkpoint.unet();
  EXPECT_EQ(unet->parameters()[0].scalar_type(), at::kHalf);
  expect_outputs(*checkpoint.text_encoder(), *unet, *checkpoint.autoencoder());
  EXPECT_EQ(checkpoint.unet(Storage::bf16)->parameters()[0].scalar_type(), at::kBFloat16);
  EXPECT_EQ(checkpoint.scheduler().offset, 1);
  EXPECT_FALSE(checkpoint.scheduler().end_at_one);
  EXPECT_EQ(Tokenizer(checkpoint.tokenizer()).vocabulary(), 664);
}

TEST(Checkpoint, PartsOpenAlone) {
  EXPECT_TRUE(Checkpoint(pipeline / "unet").has(Part::unet));
  EXPECT_TRUE(Checkpoint(pipeline / "vae").has(Part::autoencoder));
  const Checkpoint text(pipeline / "text_encoder");
  EXPECT_TRUE(text.has(Part::text_encoder));
  expect_contains(message_of([&] { text.unet(); }), "has no unet");
}

/// Every parameter of Stable Diffusion 1.x has the name in CompVis' files that diffusers reads it
/// by.
TEST(CheckpointNames, AreThoseOfCompVis) {
  const auto published = json::parse(read_text(data / "names.json"));
  const auto check = [&](Part part, const torch::nn::Module& network, size_t levels, int64_t blocks,
                         const std::vector<bool>& attention) {
    const auto& names = published.at(part_name(part));
    const auto parameters = network.named_parameters();
    EXPECT_EQ(parameters.size(), names.size());
    for (const auto& entry : parameters) {
      EXPECT_EQ(
          names_in_file(part, Layout::compvis, entry.key(), levels, blocks, attention).front(),
          names.value(entry.key(), "nothing"));
    }
  };
  const UNetSizes unet;
  check(Part::unet, ConditionalUNet(unet), unet.channels.size(), unet.blocks, unet.attention);
  const AutoencoderSizes autoencoder;
  check(Part::autoencoder, Autoencoder(autoencoder), autoencoder.channels.size(),
        autoencoder.blocks, {});
  EXPECT_EQ(names_in_file(Part::text_encoder, Layout::compvis, "final_layer_norm.bias", 0, 0)[0],
            "cond_stage_model.transformer.text_model.final_layer_norm.bias");
  EXPECT_EQ(names_in_file(Part::small_decoder, Layout::compvis, "layers.2.conv.4.bias", 0, 0)[0],
            "3.conv.4.bias");
}

/// The small pipeline's weights under CompVis' names, attention as 1 x 1 convolutions.
TensorMap compvis_file(const Checkpoint& checkpoint) {
  TensorMap file;
  const auto add = [&](Part part, const torch::nn::Module& network, size_t levels, int64_t blocks,
                       const std::vector<bool>& attention = {}) {
    for (const auto& entry : network.named_parameters()) {
      const auto name =
          names_in_file(part, Layout::compvis, entry.key(), levels, blocks, attention).front();
      const bool matrix = name.find("attn_1") != std::string::npos && entry.value().dim() == 2;
      file[name] = matrix ? entry.value().unsqueeze(2).unsqueeze(3) : entry.value();
    }
  };
  const auto unet = checkpoint.unet();
  const auto autoencoder = checkpoint.autoencoder();
  add(Part::unet, *unet, 2, 1, unet->sizes().attention);
  add(Part::autoencoder, *autoencoder, 2, 1);
  add(Part::text_encoder, *checkpoint.text_encoder(), 0, 0);
  return file;
}

TEST(Checkpoint, CompVisFileIsReadBySizesOfStableDiffusion) {
  const TemporaryFolder folder;
  const fs::path path = folder / "model.safetensors";
  TensorMap file = compvis_file(Checkpoint(pipeline));
  write_safetensors(path, file);
  const Checkpoint checkpoint(path);
  EXPECT_EQ(checkpoint.form(), "file of CompVis' code");
  EXPECT_EQ(checkpoint.parts().size(), 3u);
  // Its sizes are not those of Stable Diffusion 1.x, which such a file cannot say.
  expect_contains(message_of([&] { checkpoint.unet(); }), "not [320, 4, 3, 3]");
  // With the sizes known it holds the same network.
  const auto unet = Checkpoint(pipeline).unet();
  ConditionalUNet again(unet->sizes());
  const auto names = [&](const std::string& name) {
    return names_in_file(Part::unet, Layout::compvis, name, 2, 1, unet->sizes().attention);
  };
  load_part(again, file, Storage::as_stored, names, path);
  const auto autoencoder = Checkpoint(pipeline).autoencoder();
  Autoencoder images(autoencoder->sizes());
  load_part(
      images, file, Storage::as_stored,
      [](const auto& name) {
        return names_in_file(Part::autoencoder, Layout::compvis, name, 2, 1);
      },
      path);
  expect_outputs(*Checkpoint(pipeline).text_encoder(), again, images);
}

TEST(Checkpoint, SmallDecoderOpensFromTaesdsFile) {
  SmallDecoder own(SmallDecoderSizes{});
  reference::fill(own);
  TensorMap file;
  for (const auto& entry : own.named_parameters()) {
    file[names_in_file(Part::small_decoder, Layout::compvis, entry.key(), 0, 0).front()] =
        entry.value();
  }
  const TemporaryFolder folder;
  const fs::path path = folder / "taesd_decoder.safetensors";
  write_safetensors(path, file);
  const Checkpoint checkpoint(path);
  EXPECT_EQ(checkpoint.form(), "file of TAESD");
  const auto x = wave({1, 4, 2, 2}).to(at::kFloat);
  EXPECT_LT(error(checkpoint.small_decoder()->decode(x), own.decode(x)), 1e-6);
}

TEST(Checkpoint, OtherFamiliesAreNamed) {
  const auto file_with = [](const std::string& name, at::IntArrayRef shape) {
    const TemporaryFolder folder;
    write_safetensors(folder / "model.safetensors", {{name, at::zeros(shape)}});
    return message_of([&] { Checkpoint(folder / "model.safetensors"); });
  };
  expect_contains(file_with("conditioner.embedders.0.x", {1}), "of Stable Diffusion XL");
  expect_contains(file_with("cond_stage_model.model.x", {1}), "of Stable Diffusion 2");
  const std::string cross =
      "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight";
  expect_contains(file_with(cross, {320, 1024}), "of Stable Diffusion 2");
  expect_contains(file_with("something", {1}), "holds no part of Stable Diffusion");
  const auto with = [](const std::string& file, const std::string& key, const json& value) {
    Spoiled spoiled;
    spoiled.set(file, key, value);
    return spoiled.message();
  };
  expect_contains(with("model_index.json", "_class_name", "StableDiffusionXLPipeline"), "XL");
  expect_contains(with("model_index.json", "_class_name", "FluxPipeline"), "'FluxPipeline'");
  expect_contains(with("unet/config.json", "cross_attention_dim", 1024), "Stable Diffusion 2");
  expect_contains(with("unet/config.json", "addition_embed_type", "text_time"), "XL");
  expect_contains(with("unet/config.json", "in_channels", 9), "'in_channels' is 9");
  expect_contains(with("unet/config.json", "norm_num_groups", 3), "4 channels for 3 groups");
  expect_contains(with("unet/config.json", "block_out_channels", "x"), "'block_out_channels'");
  expect_contains(with("vae/config.json", "scaling_factor", 0.13025), "XL");
  expect_contains(with("text_encoder/config.json", "hidden_size", 1024), "Stable Diffusion 2");
  expect_contains(with("scheduler/scheduler_config.json", "prediction_type", "v_prediction"),
                  "Stable Diffusion 2");
}

TEST(Checkpoint, WhatIsNotWholeIsRefused) {
  Spoiled shape;
  shape.set("unet/config.json", "cross_attention_dim", 6);
  expect_contains(shape.message(), "attn2.to_k.weight' is [4, 8], not [4, 6]");
  Spoiled deeper;
  deeper.set("vae/config.json", "layers_per_block", 2);
  expect_contains(deeper.message(), "resnets.1.norm1.weight' is missing");
  Spoiled shard;
  for (const auto& entry : fs::directory_iterator(shard / "unet")) {
    if (entry.path().filename().string().find("00001-of") != std::string::npos) {
      fs::remove(entry.path());
    }
  }
  expect_contains(shard.message(), "shard");
  Spoiled cut;
  fs::resize_file(cut / "text_encoder/model.safetensors", 3000);
  expect_contains(cut.message(), "model.safetensors");
  Spoiled pointer;
  std::ofstream(pointer / "text_encoder/model.safetensors") << "version https: of git-lfs";
  expect_contains(pointer.message(), "git lfs pull");
  Spoiled none;
  fs::remove(none / "vae/diffusion_pytorch_model.bin");
  expect_contains(none.message(), "has no weights");
  expect_contains(message_of([] { Checkpoint("absent"); }), "no such file");
  const TemporaryFolder empty;
  expect_contains(message_of([&] { Checkpoint{empty.path()}; }), "model_index.json");
}

}  // namespace
}  // namespace afterimage::diffusion
