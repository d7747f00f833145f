#include "afterimage/diffusion/load_part.h"

#include <fstream>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/torch_archive.h"

namespace afterimage::diffusion {
namespace {

namespace fs = std::filesystem;

constexpr const char* right = "Give a whole checkpoint of Stable Diffusion 1.x, or copy it again";

at::Tensor stored(const at::Tensor& tensor, Storage storage) {
  switch (storage) {
    case Storage::as_stored:
      return tensor;
    case Storage::fp32:
      return tensor.to(at::kFloat);
    case Storage::bf16:
      return tensor.to(at::kBFloat16);
    case Storage::fp16:
      return tensor.to(at::kHalf);
  }
  return tensor;
}

/// Attention over pixels is kept as matrices or as 1 x 1 convolutions.
bool same_up_to_ones(at::IntArrayRef own, at::IntArrayRef theirs) {
  if (own == theirs) return true;
  return own.size() == 2 && theirs.size() == 4 && theirs.slice(0, 2) == own && theirs[2] == 1 &&
         theirs[3] == 1;
}

}  // namespace

void load_part(torch::nn::Module& module, const TensorMap& weights, Storage storage,
               const std::function<std::vector<std::string>(const std::string&)>& names,
               const fs::path& where) {
  for (auto& entry : module.named_parameters()) {
    const auto candidates = names(entry.key());
    auto found = weights.end();
    for (const auto& name : candidates) {
      if (found == weights.end()) found = weights.find(name);
    }
    if (found == weights.end()) {
      throw Error(where, "'" + candidates.front() + "' is missing", right);
    }
    const at::IntArrayRef own = entry.value().sizes();
    const at::Tensor& theirs = found->second;
    if (!same_up_to_ones(own, theirs.sizes())) {
      throw Error(where, concat("'", found->first, "' is ", theirs.sizes(), ", not ", own), right);
    }
    if (!theirs.is_floating_point()) {
      throw Error(where, concat("'", found->first, "' holds ", theirs.scalar_type(), " numbers"),
                  "Weights are float32, float16 or bfloat16; quantised ones are not known");
    }
    entry.value().set_data(stored(theirs.view(own), storage));
  }
}

fs::path weights_in(const fs::path& folder) {
  const std::vector<std::string> stems = {"diffusion_pytorch_model", "model", "pytorch_model"};
  for (const char* ending :
       {".safetensors", ".safetensors.index.json", ".fp16.safetensors",
        ".safetensors.index.fp16.json", ".bin", ".bin.index.json", ".fp16.bin"}) {
    for (const auto& stem : stems) {
      if (fs::exists(folder / (stem + ending))) return folder / (stem + ending);
    }
  }
  throw Error(folder, "has no weights",
              "diffusion_pytorch_model.safetensors, model.safetensors, or "
              "the same as .bin, lie beside config.json");
}

TensorMap open_weights(const fs::path& path) {
  std::string head(14, '\0');
  std::ifstream(path, std::ios::binary)
      .read(head.data(), static_cast<std::streamsize>(head.size()));
  if (head == "version https:") {
    throw Error(path, "is a pointer of git-lfs, not the weights", "Fetch them with: git lfs pull");
  }
  return map_weights(path);
}

}  // namespace afterimage::diffusion
