#pragma once

#include <functional>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "afterimage/diffusion/checkpoint.h"
#include "afterimage/formats/safetensors.h"

namespace afterimage::diffusion {

/// Gives a module the weights of a file, `where`, as its parameters (no copy unless `storage`
/// converts). `names` says what a parameter may be called there. Errors: the first parameter that
/// is missing or has another shape.
void load_part(torch::nn::Module& module, const TensorMap& weights, Storage storage,
               const std::function<std::vector<std::string>(const std::string&)>& names,
               const std::filesystem::path& where);

/// The weight file in the folder of a part: safetensors before .bin, whole precision before half,
/// a file before an index of shards. Error: none.
std::filesystem::path weights_in(const std::filesystem::path& folder);

/// Maps a weight file or the shards of an index. Errors also name what git-lfs left in its place.
TensorMap open_weights(const std::filesystem::path& path);

}  // namespace afterimage::diffusion
