#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace afterimage {

/// Something of the image that a decoder predicts linearly, each unit of it as a weighted sum of
/// the responses.
struct Readout {
  std::string name;  ///< "pixels", "z", "c", "clip-b32 features.2"
  int64_t units = 0;
  /// What units first, ..., last - 1 take of the standardised responses: (sensor, bin, last -
  /// first) float32; 0 of those they do not see.
  std::function<at::Tensor(int64_t first, int64_t last)> weights;
};

/// What decoders can show that predict linearly.
class HasReadouts {
 public:
  virtual ~HasReadouts() = default;
  /// Valid as long as the decoder is and learns nothing anew.
  virtual std::vector<Readout> readouts() const = 0;
};

}  // namespace afterimage
