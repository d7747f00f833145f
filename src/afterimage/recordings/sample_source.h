#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/recordings/captions.h"

namespace afterimage {

/// Where samples come from, pairs of responses and the image shown: a split of a recording
/// (Samples), arrays in memory (ArraySource), or one that makes them when asked. Decoders learn
/// from a source and reconstruct its responses; they know no file. Responses and images are read
/// when asked for and apart, so neither needs to fit into memory, and images that nobody looks at
/// are never read. A source gives the same values for a row each time. By one thread at a time.
class SampleSource {
 public:
  virtual ~SampleSource() = default;

  /// Which stimulus each sample shows: equal numbers, the same stimulus.
  virtual const std::vector<int64_t>& stimulus() const = 0;
  /// The photograph each sample's stimulus was cut from, its own name where that is unknown: what
  /// samples must share no part of when one is held out.
  virtual std::vector<std::string> photographs() const = 0;
  /// What people wrote of the photographs, as far as it is known.
  virtual Captions captions() const { return {}; }
  /// How many trials each sample averages.
  virtual const std::vector<int64_t>& trials_averaged() const = 0;

  virtual int64_t sensors() const = 0;
  virtual int64_t bins() const = 0;
  virtual int64_t image_size() const = 0;  ///< pixels, square
  virtual int64_t channels() const = 0;    ///< 3, or 1: gray images, three equal channels

  /// (n, sensor, bin) float32, standardised.
  virtual at::Tensor responses(const std::vector<int64_t>& rows) const = 0;
  /// (n, 3, size, size) float32 in [0,1].
  virtual at::Tensor images(const std::vector<int64_t>& rows) const = 0;

  /// What messages call it: a path.
  virtual std::string where() const = 0;
  /// Equal for two sources only if all their samples are equal; empty where that is not known.
  virtual std::string fingerprint() const { return {}; }

  /// How many of the samples, which come first, were recorded; the others were made of these.
  virtual int64_t recorded() const { return count(); }

  int64_t count() const { return static_cast<int64_t>(stimulus().size()); }
};

}  // namespace afterimage
