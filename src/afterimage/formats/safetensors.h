#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace afterimage {

using TensorMap = std::map<std::string, at::Tensor>;
using TextMap = std::map<std::string, std::string>;

/// Reads a safetensors file (github.com/huggingface/safetensors, format of version 0.4): an 8-byte
/// header length, a JSON header and the tensors' bytes. All of F64 F32 F16 BF16 I64 I32 I16 I8 U8
/// BOOL. Errors: truncated, overlapping or out-of-range offsets, sizes that do not fit the shape,
/// unknown types, keys that occur twice. `metadata`, if given, receives `__metadata__`.
TensorMap read_safetensors(const std::filesystem::path& path, TextMap* metadata = nullptr);

/// The same over the file's own bytes, which are read when they are touched (MappedFile): large
/// weights cost no memory until they are used. `path` may also be the index of a sharded checkpoint
/// ("model.safetensors.index.json", as Hugging Face writes it), whose shards lie beside it. Further
/// errors: a missing shard, one that lacks a tensor the index names.
TensorMap map_safetensors(const std::filesystem::path& path, TextMap* metadata = nullptr);

/// Writes CPU copies of the tensors, widest element type first and then in key order, so that each
/// is aligned to its own type. The caller gives atomicity (Output).
void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const TextMap& metadata = {});

/// The tensors whose names begin with `prefix`, named without it.
TensorMap state_under(const TensorMap& state, const std::string& prefix);

/// Adds the tensors of `part` under "prefix" + name.
void add_under(TensorMap& state, const std::string& prefix, const TensorMap& part);

}  // namespace afterimage
