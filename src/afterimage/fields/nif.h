#pragma once

#include <string>
#include <vector>

#include "afterimage/fields/field_method.h"

namespace afterimage {

/// Receptive fields by neural information flow: trains NifNetwork to predict the standardised
/// responses (mean squared error, Adam); a sensor's centre is its spatial map's centre of mass, its
/// size the root of the mean variance of the map along the two axes. The first area of the
/// recording reads the first layer, the second the second, all others the third. Recordings of a
/// video are read as clips.
class NifMethod : public FieldMethod {
 public:
  Options options() override;
  ReceptiveFields estimate(const FieldData& data, const std::vector<std::string>& rois,
                           const RunContext& run) override;

 private:
  int64_t channels_ = 8;
  int64_t rank_ = 1;
  int64_t epochs_ = 40;
  int64_t batch_ = 32;
  double learning_rate_ = 0.02;
};

}  // namespace afterimage
