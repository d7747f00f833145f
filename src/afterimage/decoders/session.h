#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "afterimage/decoders/model.h"

namespace afterimage {

/// Decodes one sample after the other as they come, such as those of a running experiment: nothing
/// is read from a file or written to one. The model must outlive it; for one thread at a time.
class Session {
 public:
  /// `block`: whose statistics standardise the responses, where the model has some for each block;
  /// those over all training trials without it, or for a block it has not seen.
  explicit Session(Model& model, int64_t block = Normalisation::no_block)
      : model_(model), block_(block) {}

  /// Responses as they are recorded, (sensor, bin) float32 of the sensors and bins of
  /// `model.input()` -> image (3, size, size) float32 in [0,1]. Errors: another shape or type;
  /// NaN or infinite.
  at::Tensor decode(const at::Tensor& responses);

 private:
  Model& model_;
  int64_t block_;
};

}  // namespace afterimage
