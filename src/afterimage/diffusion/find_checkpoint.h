#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace afterimage::diffusion {

/// Checkpoints of Stable Diffusion where weights usually lie: in `folder` (if not empty),
/// AFTERIMAGE_WEIGHTS, ~/.local/share/afterimage/weights, and Hugging Face's cache (HF_HOME or
/// ~/.cache/huggingface). Folders with a model_index.json and .ckpt files; none is opened.
std::vector<std::filesystem::path> find_checkpoints(const std::string& folder);

/// How to get Stable Diffusion 1.4, and its licence, for messages.
extern const char* const fetch_checkpoint;

}  // namespace afterimage::diffusion
