#pragma once

#include <ATen/core/Tensor.h>

#include "afterimage/projections/learned_fields.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// Sums over samples of which the best tuning follows: for feature maps f_c and laid-out responses
///   M_c = sum_k T_kc r_k F_k       (k runs over sensors and bins, F_k is the sensor's field)
/// the squared error is sum |M_c - f_c|^2 = const - 2 T_c'b_c + T_c'H T_c with
///   H = (R'R) o (F F'),   b_kc = sum_n r_nk <F_k, f_nc>.
class TuningProblem {
 public:
  TuningProblem(const FieldTensors& fields, int64_t side);

  /// responses (n, sensor, bin), features (n, feature, side, side).
  void add(const at::Tensor& responses, const at::Tensor& features);
  int64_t samples() const { return samples_; }

  /// argmin over T of the squared error + lambda |T|^2, (k, feature) float64 on the CPU.
  at::Tensor solve(double lambda) const;
  /// Squared error of a tuning, less its constant.
  double error(const at::Tensor& tuning) const;
  /// Sum over samples and pixels of each map's square. (feature)
  at::Tensor energy(const at::Tensor& tuning) const;
  /// Mean of H's diagonal: the scale that lambda is measured by.
  double scale() const { return gram().diagonal().mean().item<double>(); }

 private:
  at::Tensor gram() const { return squares_ * overlap_; }

  at::Tensor fields_;             // (sensor, y * x)
  at::Tensor overlap_;            // F F', (k, k) float64
  at::Tensor squares_, moments_;  // R'R (k, k), b (k, feature), float64
  int64_t samples_ = 0;
};

/// The first `count` principal components of square patches of the images (n, 3, side, side), as
/// filters whose answers have unit variance. (count, 3, patch, patch), patch = max(2, side / 8).
/// Errors: a patch has fewer values than `count`.
at::Tensor patch_components(const at::Tensor& images, int64_t count);

/// The images, less middle gray, seen through the filters. (n, count, side, side)
at::Tensor filter_images(const at::Tensor& images, const at::Tensor& filters);

/// Unknowns (sensors x bins) up to which every bin gets a tuning of its own; above it all bins of a
/// sensor share one, and the sensors themselves must not be more.
inline constexpr int64_t largest_tuning_problem = 6000;

/// The tuning (sensor, bin, feature) that best lays out the patch components of the training
/// images, fitted to at most 4,000 samples; lambda is the best of a grid for a fifth of them, held
/// out by photograph. Each map has a variance of about one. Sensors whose `active` is 0 get zero.
/// Errors: more sensors than largest_tuning_problem.
at::Tensor fit_tuning(const SampleSource& train, const FieldTensors& fields,
                      const at::Tensor& active, int64_t features, const RunContext& run);

}  // namespace afterimage
