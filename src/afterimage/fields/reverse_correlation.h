#pragma once

#include <string>
#include <vector>

#include "afterimage/fields/field_method.h"

namespace afterimage {

/// A fast first look: the linear map from luminance and local contrast on a coarse grid to each
/// response, whitened by the stimuli's own correlations and held smooth (a ridge regression on
/// regressors blurred by `smooth`, as automatic smoothness determination does with a fixed width:
/// Sahani and Linden 2003). The field is where the squared map exceeds half its peak: centre = its
/// centre of mass, size = that of the Gaussian which is as wide there.
class ReverseCorrelation : public FieldMethod {
 public:
  Options options() override;
  ReceptiveFields estimate(const FieldData& data, const std::vector<std::string>& rois,
                           const RunContext& run) override;

 private:
  int64_t grid_ = 16;
  double smooth_ = 0.06;
  bool oriented_ = true;
};

}  // namespace afterimage
