#pragma once

#include <filesystem>

#include "afterimage/formats/safetensors.h"

namespace afterimage {

/// Reads a state dict saved by Python's `torch.save` (the zip form of PyTorch >= 1.6, as torchvision's
/// `.pth` weights) without executing pickle: only the opcodes and the few classes a state dict
/// needs (OrderedDict, _rebuild_tensor_v2, _rebuild_parameter, the storages) are known, anything else
/// is an Error that names it. Nested containers other than the state dict itself are refused.
TensorMap read_torch_archive(const std::filesystem::path& path);

/// Weights from `.safetensors`, `.pth` or `.pt`, told apart by content.
TensorMap read_weights(const std::filesystem::path& path);

}  // namespace afterimage
