#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/analysis/result.h"
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
  const Recording* recording = nullptr;  ///< for the true images and the receptive fields
  std::vector<Reconstruction> reconstructions;
  std::optional<Scores> scores;
  std::vector<TrainingLog> logs;
  std::vector<AnalysisResult> analyses;
  std::vector<nlohmann::json> provenance;  ///< of every file that went in
  std::vector<std::string> notes;          ///< "simulated data", "SqueezeNet in place of VGG19"
  int64_t image_limit = 128;  ///< pixels: larger images are shown reduced, and the page says so
};

/// The page: one self-contained HTML file, readable offline, that asks nothing of the network
/// (docs/report.md). Its template, style and scripts come from data_dir()/report.
///
/// Errors: reconstructions of different splits, images or sizes; scores of other images than the
/// reconstructions; reconstructions of stimuli the recording does not have.
std::string report_html(const ReportInput& input);

}  // namespace afterimage
