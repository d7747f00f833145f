#pragma once

#include <string>
#include <vector>

#include "afterimage/fields/field_method.h"

namespace afterimage {

/// Gaussian receptive fields over visual features (population receptive fields, Dumoulin and
/// Wandell 2008; feature weights as St-Yves and Naselaris 2018):
///     response = sum_f w_f sum_yx Gaussian(y, x) feature_f(y, x) + b.
/// A coarse grid of positions and sizes by matrix products, the field and the ridge penalty of each
/// sensor by generalised cross-validation, then Gauss-Newton steps of centre and size.
class PrfMethod : public FieldMethod {
 public:
  Options options() override;
  ReceptiveFields estimate(const FieldData& data, const std::vector<std::string>& rois,
                           const RunContext& run) override;

 private:
  std::string features_ = "all";
  int64_t components_ = 32;
  int64_t steps_ = 8;
  bool oriented_ = true;
};

}  // namespace afterimage
