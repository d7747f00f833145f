#pragma once

#include <functional>
#include <string>
#include <utility>

#include "afterimage/base/fit_context.h"
#include "afterimage/formats/safetensors.h"

namespace afterimage {

/// The parts of a fit that come one after the other. Each has a folder of its own in the model in
/// the making, "stages/NAME", for what it wants to keep while it works; when it is done, what it
/// has learned is kept there too (done.safetensors), and a training that is resumed takes it from
/// there and does not fit it again. Without a folder (a control that is fitted on the way) nothing
/// is kept.
class Stages {
 public:
  explicit Stages(FitContext context) : context_(std::move(context)) {}

  struct Part {
    std::function<void(const FitContext&)> fit;  ///< in the stage's own folder
    std::function<TensorMap()> learned;
    std::function<void(const TensorMap&, const std::string& where)> load;
  };
  /// Errors: the stage is there, done with other settings.
  void run(const std::string& name, const Part& part) const;

  /// Whether a model in the making has a stage that is done.
  static bool any_done(const std::filesystem::path& folder);
  /// Removes what only an unfinished training needs.
  static void remove(const std::filesystem::path& folder);

 private:
  FitContext context_;
};

}  // namespace afterimage
