#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "afterimage/formats/safetensors.h"

namespace afterimage {

/// The history of generated (maps, image) pairs that trains the discriminator (Shrivastava et al.
/// 2017, section 2.3; Brain2Pix: 50 pairs, probability .5): while it fills, each new pair is stored
/// and used; once full, with probability one half a random stored pair is used and replaced by the
/// new one, otherwise the new one is used.
class HistoryBuffer {
 public:
  explicit HistoryBuffer(int64_t capacity = 50, double probability = 0.5);

  struct Pair {
    at::Tensor maps, image;  ///< (n, C, H, W), (n, 3, H, W), detached
  };
  /// The batch to train the discriminator with, in place of `fresh`. Draws from `generator`, a CPU
  /// one: per sample of a full buffer one uniform number and, if it is replaced, one index.
  Pair exchange(const Pair& fresh, at::Generator generator);

  int64_t size() const { return static_cast<int64_t>(pairs_.size()); }
  /// "maps" (size, C, H, W) and "image" (size, 3, H, W); nothing when empty.
  TensorMap to_tensors() const;
  /// Takes back what `to_tensors` gave. Errors: `where` holds other tensors, or more than fit.
  void restore(const TensorMap& tensors, const std::string& where);

 private:
  int64_t capacity_;
  double probability_;
  std::vector<Pair> pairs_;  // one sample each, no batch axis
};

}  // namespace afterimage
