#pragma once

#include <array>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/fields/feature_maps.h"
#include "afterimage/fields/moments.h"

namespace afterimage {

/// Where a fit starts: a field of the grid and the penalty that suits it.
struct FieldStart {
  GaussianField field;
  double penalty = 1;
};

/// One sensor's model: its field and the weights of the features under it.
struct GaussianFit {
  GaussianField field;
  at::Tensor slope;  ///< (F) float64, for features as they are
  double intercept = 0;
};

/// Fits fields to the responses of single sensors. `maps` are the features, `halves` the parts of
/// the data to fit to (0, 1 or both).
///
/// Centre and log size move by Gauss-Newton steps while the weights stay at their optimum
/// (variable projection, Golub and Pereyra 1973, with Kaufman's Jacobian): one ridge regression on
/// the features and the derivatives of the prediction by the three parameters.
class GaussianFitter {
 public:
  GaussianFitter(const std::vector<FeatureMaps>& maps, std::vector<int> halves, int64_t steps)
      : maps_(maps), halves_(std::move(halves)), steps_(steps) {}

  /// `responses[h]` (rows of half h) float32.
  GaussianFit fit(const FieldStart& start, const std::array<at::Tensor, 2>& responses) const;

 private:
  struct State;
  State evaluate(const GaussianField& field, double penalty,
                 const std::array<at::Tensor, 2>& responses) const;
  at::Tensor step(const State& state, double penalty,
                  const std::array<at::Tensor, 2>& responses) const;

  const std::vector<FeatureMaps>& maps_;
  std::vector<int> halves_;
  int64_t steps_;
};

/// The predictions of a fit for the rows of a half: (rows) float64.
at::Tensor predict(const std::vector<FeatureMaps>& maps, int half, const GaussianFit& fit);

/// The features of all maps under many fields of one size: (field, F, rows).
at::Tensor pooled_features(const std::vector<FeatureMaps>& maps, int half,
                           const std::vector<GaussianField>& fields);

}  // namespace afterimage
