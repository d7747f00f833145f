#include "afterimage/analysis/baseline_options.h"

#include "afterimage/analysis/conditions.h"

namespace afterimage {

Options BaselineOptions::options() {
  return {
      Option("baseline", baseline, "what stands in for a response that is kept from the decoder")
          .one_of({"mean", "pre-stimulus"}),
      Option("baseline_recording", baseline_recording,
             "recording with bins before onset for pre-stimulus, if this one has none"),
  };
}

Baseline BaselineOptions::of(const Model& model, const Recording& recording) const {
  if (baseline == "mean") return {};
  if (baseline_recording.empty()) return baseline_before_onset(model, recording, recording);
  return baseline_before_onset(model, recording, Recording(baseline_recording));
}

std::string BaselineOptions::text() const {
  return baseline == "mean" ? "their training mean" : "their level before onset";
}

}  // namespace afterimage
