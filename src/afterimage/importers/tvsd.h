#pragma once

#include <string>

#include "afterimage/importers/importer.h"
#include "afterimage/preparation/selection.h"

namespace afterimage {

struct TvsdOptions {
  std::string images;
  int64_t image_size = 96;
  bool skip_missing = false;
  std::string monkey = "auto";
  std::string data = "auto";
  std::string windows = "single";
  std::string field_origin = "fixation";
  std::string field_y = "up";
  SensorSelection sensors;

  Options options();
};

/// The THINGS ventral stream spiking dataset (Papale, Wang, Self & Roelfsema 2025, "An extensive
/// dataset of spiking activity to reveal the syntax of the ventral stream", Neuron 113): 1024
/// electrodes in V1, V4 and IT of two macaques. Reads the trial file (streamed: TrialStream) or the
/// authors' normalised means; docs/importing.md says what is taken from where. One block per day.
/// Errors: files, variables or images that are missing, shapes that do not fit, numbers outside
/// their range, NaN.
class TvsdImporter : public Importer {
 public:
  Options options() override { return options_.options(); }
  ImportReport import(const ImportJob& job) override;

 private:
  TvsdOptions options_;
};

}  // namespace afterimage
