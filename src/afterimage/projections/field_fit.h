#pragma once

#include <ATen/core/Tensor.h>

#include "afterimage/projections/learned_fields.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// First and second moments of responses and images, all that a linear layout's error depends on.
class LayoutProblem {
 public:
  /// responses (n, sensor), images (n, channel, side, side). Their means over all that is added
  /// take no part.
  void add(const at::Tensor& responses, const at::Tensor& images);

  /// Fields and tuning T, from `start` and T = 0, that lessen
  ///   mean over n, pixels of sum_k |image_k - sum_s r_s T_sk G_s|^2
  ///     + 0.05 |T_sk G_s|^2 + (0.03 / S) sum_s (shift_s / 0.1)^2 + log(size_s / start_s)^2
  /// with the images scaled to variance 1: 200 steps of Adam along the whole gradient. The last
  /// term keeps sensors in place that say little about colours. Returns the fields.
  FieldTensors fit(const FieldTensors& start) const;

 private:
  at::Tensor responses_, images_;  // sums: (sensor), (channel, y * x)
  at::Tensor squares_;             // R'R, (sensor, sensor)
  at::Tensor moments_;             // R'Y, (sensor, channel, y * x)
  double energy_ = 0;              // of the images
  int64_t samples_ = 0, side_ = 0;
};

/// Fields moved to where the training responses, each times a colour at its field, come nearest to
/// the images (at most 4,000 samples, 32 px; a sensor's bins averaged). No network is needed, and
/// fields that start a few sizes away are found. Ours: the first half of what MonkeySee's
/// end-to-end layer learns, apart from the network that would hide a wrong place. Sensors whose
/// `active` is 0 stay.
FieldTensors fit_fields(const SampleSource& train, const FieldTensors& start,
                        const at::Tensor& active, const RunContext& run);

}  // namespace afterimage
