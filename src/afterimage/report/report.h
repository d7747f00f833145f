#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/decoders/reconstruction.h"
#include "afterimage/evaluation/scores.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// The training log of one model: one object per line of its log.jsonl, with "step", "seconds" and
/// the losses by name ("discriminator", "adversarial", "perceptual", "pixel", "generator").
struct TrainingLog {
  std::string name;
  std::vector<nlohmann::json> lines;
};

/// What a page is made of; each part may be absent and its section is then left out.
struct ReportInput {
  std::string title = "Afterimage report";
  const Recording* recording = nullptr;          ///< for the true images and the field map
  std::vector<Reconstruction> reconstructions;
  std::optional<Scores> scores;
  std::vector<TrainingLog> logs;
  std::vector<nlohmann::json> provenance;        ///< of every file that went in
  std::vector<std::string> notes;                ///< "simulated data", "SqueezeNet in place of VGG19"
};

/// The page: one self-contained HTML file, readable offline (docs/architecture.md, "The report").
std::string report_html(const ReportInput& input);

}  // namespace afterimage
