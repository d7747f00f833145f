#pragma once

#include <filesystem>
#include <string_view>

#include "afterimage/formats/safetensors.h"

namespace afterimage {

/// How a file of `torch.save` before PyTorch 1.6 begins: its magic number, pickled.
inline constexpr std::string_view torch_legacy_magic("\x80\x02\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.",
                                                     15);

/// Reads such a file: five pickles (magic number, version, system, state dict, keys of the
/// storages) and then each storage, its count before its elements. Many of torchvision's files are
/// still of this form.
TensorMap read_torch_legacy(const std::filesystem::path& path);

}  // namespace afterimage
