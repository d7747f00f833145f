#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/networks/feature_network.h"

namespace afterimage::simulator {

/// What the sensors' tuning is made of, in three families of maps over the stimulus.
enum Family { local, shape, object };
inline constexpr int kFamilies = 3;

/// Features of a batch, one (n, feature, y, x) per family; undefined where not asked for.
using FeatureMaps = std::array<at::Tensor, kFamilies>;

/// Orientations (k * 180 / kOrientations degrees) and scales of the local orientation energy. The
/// wavelength of scale l is 4 * 2^l pixels of the analysed image.
inline constexpr int64_t kOrientations = 6;
inline constexpr int64_t kScales = 3;

/// Rows of the local family.
enum LocalFeature : int64_t {
  luminance = 0,
  red_green = 1,
  blue_yellow = 2,
  contrast = 3,     ///< kContrasts rows
  orientation = 5,  ///< kScales x kOrientations rows, orientation fastest
};
inline constexpr int64_t kContrasts = 2;
inline constexpr int64_t kLocalFeatures = orientation + kScales * kOrientations;

/// Names of the local features, in row order.
std::vector<std::string> local_feature_names();

/// Local features of RGB images (n, 3, A, A) in [0,1], A a multiple of 4: (n, kLocalFeatures, A,
/// A).
///   luminance, red-green, blue-yellow: orthonormal opponent axes (1,1,1), (1,-1,0), (-1,-1,2).
///   contrast: root of the mean squared deviation from the local mean, windows of A/16 and A/8 px.
///   orientation: modulus of a quadrature pair of Gabors (Adelson & Bergen 1985), one octave apart.
at::Tensor local_features(const at::Tensor& images);

/// Computes the families that are asked for. Shape and object maps are principal components, scaled
/// to unit variance, of SqueezeNet's features.5 and features.12.
class FeatureBank {
 public:
  static constexpr int64_t kShapes = 24, kObjects = 32;

  /// `network` may be null when neither shape nor object is needed.
  FeatureBank(std::shared_ptr<FeatureNetwork> network, std::array<bool, kFamilies> needed,
              int64_t image_size);

  /// Fits the principal components to (n, 3, H, W) in [0,1].
  void fit(const at::Tensor& images);
  FeatureMaps maps(const at::Tensor& images) const;

 private:
  struct Components {
    at::Tensor mean;   // (1, C, 1)
    at::Tensor basis;  // (K, C)
  };
  /// Outputs of the network's layers for shape and object, undefined where not needed.
  FeatureMaps network_outputs(const at::Tensor& images) const;
  at::Tensor project(const at::Tensor& output, const Components& components) const;

  std::shared_ptr<FeatureNetwork> network_;
  std::array<bool, kFamilies> needed_;
  int64_t local_side_;
  std::array<Components, kFamilies> components_;
};

}  // namespace afterimage::simulator
