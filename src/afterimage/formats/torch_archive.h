#pragma once

#include <filesystem>

#include "afterimage/formats/safetensors.h"

namespace afterimage {

/// Reads a state dict saved by Python's `torch.save` (as torchvision's `.pth` weights; the zip form
/// of PyTorch >= 1.6 and the one before) without executing pickle: only the opcodes and the few
/// classes a state dict needs (OrderedDict, _rebuild_tensor_v2, _rebuild_parameter, the typed
/// storages) are known, anything else is an Error that names it. A checkpoint with its state dict
/// under "state_dict" is read as that; other nesting is refused. Errors: truncated or damaged,
/// storages or views of the wrong size.
TensorMap read_torch_archive(const std::filesystem::path& path);

/// Weights from `.safetensors`, `.pth` or `.pt`, told apart by content.
TensorMap read_weights(const std::filesystem::path& path);

/// The same over the file's own bytes, read when they are touched (MappedFile), and from the index
/// of a sharded checkpoint: large weights cost no memory until they are used. Checksums are not
/// compared. Files of `torch.save` before PyTorch 1.6 are read as a whole.
TensorMap map_weights(const std::filesystem::path& path);

}  // namespace afterimage
