#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/encoding/encoding_options.h"
#include "afterimage/encoding/field_pooling.h"
#include "afterimage/fields/network_features.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// What an image offers to each sensor: feature maps, averaged under the sensor's Gaussian field.
/// To sensors without a known field, principal components of the maps over the whole stimulus.
class SensorFeatures {
 public:
  /// Errors: no weights of SqueezeNet where its features are asked for.
  SensorFeatures(const EncodingOptions& options, const Sensors& sensors,
                 const std::string& weights);

  /// Takes principal components, of training images alone.
  void fit(const SampleSource& train);

  struct Group {
    std::vector<int64_t> sensors;
    bool has_fields = true;
  };
  /// Sensors with and without a field, each where there are any.
  const std::vector<Group>& groups() const { return groups_; }
  /// Of images (n, 3, H, W) in [0,1], for a group: (sensor, n, predictor), or (1, n, predictor)
  /// where all sensors are offered the same.
  std::vector<at::Tensor> of(const at::Tensor& images) const;

  TensorMap state() const;
  /// Takes back what `state` gave. Errors: std::out_of_range for what is missing.
  void load(const TensorMap& state);

 private:
  struct Maps {
    at::Tensor values, cells;  // (n, feature, y, x), (x)
  };
  std::vector<Maps> maps(const at::Tensor& images) const;
  void place_fields();
  at::Tensor under_fields(const std::vector<Maps>& maps) const;
  at::Tensor coarse(const std::vector<Maps>& maps) const;

  EncodingOptions options_;
  std::vector<Group> groups_;
  std::vector<GaussianField> fields_;
  std::unique_ptr<NetworkFeatures> network_;
  int64_t side_ = 0;                   // of the images, as the local features are taken
  at::Tensor mean_, basis_;            // of the whole stimulus: (p), (p, component)
  std::vector<FieldPooling> pooling_;  // of each kind of maps
};

}  // namespace afterimage
