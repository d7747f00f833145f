#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "afterimage/analysis/result.h"
#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/decoders/model.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Looks into a trained model with the help of a recording it fits. Options are declared once, in
/// `options`; `afterimage analyse NAME --help` shows them.
class Analysis {
 public:
  virtual ~Analysis() = default;
  virtual Options options() = 0;
  /// Errors: the model lacks what is analysed (learned fields); sensors or bins that differ.
  virtual AnalysisResult analyse(Model& model, const Recording& recording,
                                 const RunContext& run) = 0;
};

struct AnalysisEntry {
  std::string name;
  std::string summary;
  std::string source;
  std::function<std::unique_ptr<Analysis>()> make;
};

/// Every analysis, by name: the one place to add one.
const std::vector<AnalysisEntry>& analysis_table();

}  // namespace afterimage
