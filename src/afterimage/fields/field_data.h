#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

struct FieldDataOptions {
  int64_t resolution = 64;
  int64_t most_stimuli = 6000;
  bool per_block = true;
  int64_t frames = 8;

  Options options();
};

/// The training part of a recording as the methods want it, one row per training stimulus (repeats
/// averaged). Rows of the first half come first; the halves share no stimulus source, so that crops
/// of one photograph never lie in both.
struct FieldData {
  at::Tensor images;  ///< (n, 3, side, side) uint8
  at::Tensor clips;   ///< of a video: (n, frame, side, side) uint8 gray, the image being the last
  at::Tensor responses;  ///< (n, sensor) float32: mean over bins after onset, mean 0 and variance 1
                         ///< over rows
  at::Tensor varies;     ///< (sensor) bool: false where the response never changes
  int64_t first_half = 0;  ///< rows of the first half

  int64_t count() const { return images.size(0); }
  int64_t sensors() const { return responses.size(1); }
  int64_t side() const { return images.size(2); }
  int64_t rows_of(int half) const { return half == 0 ? first_half : count() - first_half; }
  int64_t start_of(int half) const { return half == 0 ? 0 : first_half; }
  /// (rows, 3, side, side) float32 in [0,1].
  at::Tensor float_images(int64_t first, int64_t rows) const;
};

/// Fewest training stimuli fields can be estimated from.
inline constexpr int64_t kFewestStimuli = 40;

/// Reads, standardises (per block unless told otherwise) and halves the training trials. Errors: no
/// training trials, fewer than kFewestStimuli stimuli, stimuli that are all alike.
FieldData read_field_data(const Recording& recording, const FieldDataOptions& options,
                          const RunContext& run);

}  // namespace afterimage
