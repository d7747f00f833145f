#pragma once

#include <filesystem>
#include <string>

namespace afterimage {

/// The weight file of a network, known by its name (NetworkEntry::files): in `folder` (if not
/// empty), AFTERIMAGE_WEIGHTS, the user's
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

/// torch.hub names files after their content, "resnet50-0676ba61.pth": an Error when the SHA-256 of
/// such a file does not begin with what its name says. Other names say nothing and are not read.
void check_weight_hash(const std::filesystem::path& file);

/// The command that fetches a network's weights, for messages.
std::string fetch_command(const std::string& network);

}  // namespace afterimage
