#pragma once

#include <filesystem>
#include <string>

namespace afterimage {

/// The weight file of a network: in `folder` (if not empty), AFTERIMAGE_WEIGHTS, the user's
/// ~/.local/share/afterimage/weights, torchvision's cache (~/.cache/torch/hub/checkpoints), or
/// among what comes with Afterimage (SqueezeNet). "" when there is none.
std::filesystem::path find_weights(const std::string& network, const std::string& folder);

/// A file of weights that something was made with, known by its content: it is named, not copied.
struct PretrainedWeights {
  std::string network;
  std::string file;  ///< its name, without folder
  std::string sha256;
};

/// The weights a network would be loaded from. Errors: none (with `fetch_command`).
PretrainedWeights pretrained_weights(const std::string& network, const std::string& folder);

/// The command that fetches a network's weights, for messages.
std::string fetch_command(const std::string& network);

}  // namespace afterimage
