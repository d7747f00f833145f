#pragma once

#include <functional>
#include <string>
#include <vector>

#include "afterimage/formats/pickle.h"
#include "afterimage/formats/safetensors.h"

namespace afterimage {

/// A storage as a pickle of PyTorch refers to it.
struct StorageReference {
  std::string key;
  at::ScalarType type;
  int64_t count;  ///< elements
};

/// Gives a storage as a tensor (count) of its type, or throws an Error.
using LoadStorage = std::function<at::Tensor(const StorageReference&)>;

/// The globals that occur in state dicts: OrderedDict, the two ways to rebuild a tensor, parameters
/// and the typed storages.
const std::vector<std::string>& state_dict_globals();

/// What a persistent value of the pickle refers to. Errors name `where`.
StorageReference storage_reference(const Pickle& pickle, const Pickle::Value& value,
                                   const std::string& where);

/// The tensors of a pickled state dict, or of the one under "state_dict" in a pickled checkpoint.
/// Tensors over the same storage share memory where they are contiguous. Errors: no state dict,
/// shapes, strides or offsets that leave the storage.
TensorMap state_dict_of(const Pickle& pickle, const LoadStorage& load, const std::string& where);

}  // namespace afterimage
