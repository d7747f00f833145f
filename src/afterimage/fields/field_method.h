#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/fields/field_data.h"

namespace afterimage {

/// What a method says of each sensor, (sensor) float64; NaN where it says nothing.
struct ReceptiveFields {
  at::Tensor x, y;      ///< centre, stimulus coordinates
  at::Tensor size;      ///< standard deviation of the field as a Gaussian, stimulus widths
  at::Tensor r2;        ///< variance of one half's responses that a fit to the other predicts
  at::Tensor distance;  ///< between the centres found in the two halves, stimulus widths
  /// (sensor) bool: the field is that of a Gabor, and its size that of the envelope; undefined for
  /// methods that do not look for such.
  at::Tensor oriented = {};

  static ReceptiveFields unknown(int64_t sensors);
};

/// A way to find where sensors look.
class FieldMethod {
 public:
  virtual ~FieldMethod() = default;
  /// Its options, declared once.
  virtual Options options() = 0;
  /// Centre and size from all of `data`; R2 and distance from fits to its halves, each choosing
  /// whatever it chooses by itself. `rois` are the sensors' areas.
  virtual ReceptiveFields estimate(const FieldData& data, const std::vector<std::string>& rois,
                                   const RunContext& run) = 0;
};

struct FieldMethodEntry {
  std::string name;
  std::string summary;
  std::string source;
  std::function<std::unique_ptr<FieldMethod>()> make;
};

/// Every method, by name: the one place to add one.
const std::vector<FieldMethodEntry>& field_method_table();

}  // namespace afterimage
