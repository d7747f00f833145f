#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/evaluation/image_pairs.h"

namespace afterimage {

/// What a score could be at best, as far as somebody knows (docs/evaluation.md).
struct Ceiling {
  std::optional<double> true_images;  ///< the same of the true images (brain correlation)
  /// Of reconstructions from two halves of the trials, one taken for the truth.
  std::optional<double> halves;
  /// Of a correlation: what noise leaves possible, from repeats.
  std::optional<double> repeats;
  std::optional<double> noise_free;  ///< of what the decoder makes of responses without noise
  std::optional<double> predicted;   ///< of what it makes of an encoding model's predictions
  int64_t images = 0;                ///< that they are of; 0: all

  bool any() const { return true_images || halves || repeats || noise_free || predicted; }
};

/// A score of the sensors of one area.
struct AreaScore {
  std::string area;  ///< "V1", "all"
  int64_t sensors = 0;
  double value = 0;
  Ceiling ceiling = {};
};

/// What one metric says. `per_image` has a value per row, and is absent for metrics of the whole
/// set (a correlation over all images and units); intervals come from resampling stimuli
/// (statistics.h).
struct Score {
  std::string metric;
  double value = 0;
  std::vector<double> per_image;
  std::optional<double> low, high;  ///< 95 % bootstrap interval over stimuli
  std::string not_computed;         ///< why there is no number; empty = computed
  /// (stimuli, 2) or (stimuli, 6) float64: what resampling adds up (statistics.h); not saved.
  at::Tensor columns;
  Ceiling ceiling = {};
  std::vector<AreaScore> areas = {};  ///< of brain correlation, the last one of all sensors
  /// The pretrained network it read where that is not known of the metric (brain correlation).
  std::string network = {};
};

/// A score that is the mean of one value per row (n): over the rows of each stimulus, then over
/// stimuli, each of which counts alike.
Score score_of_images(const at::Tensor& values, const Stimuli& stimuli);
/// A score that is one correlation over images and units: moments (n, 6) of correlation.h, of each
/// stimulus the mean over its rows.
Score score_of_moments(const at::Tensor& moments, const Stimuli& stimuli);
/// One value per image (n) float64 from batches of truth and reconstruction, float64.
at::Tensor of_batches(
    const ImagePairs& pairs,
    const std::function<at::Tensor(const at::Tensor& truth, const at::Tensor& made)>& values);
/// No number, and why.
Score score_not_computed(std::string reason);

/// Hasler & Suesstrunk's (2003) measure of each image, on RGB in [0,1] (MonkeySee's CCS):
///   sqrt(s_rg^2 + s_yb^2) + 0.3 sqrt(m_rg^2 + m_yb^2),  rg = R - G,  yb = (R + G) / 2 - B
/// (n, 3, H, W) -> (n) float64.
at::Tensor colourfulness(const at::Tensor& images);

struct Metric {
  std::string name;        ///< "pixel-correlation"
  std::string label;       ///< "Pixel correlation", for tables
  std::string definition;  ///< one line, exact
  std::string source;      ///< who uses it
  bool higher_is_better = true;
  /// The chance level among so many stimuli; empty where there is none.
  std::function<double(int64_t stimuli)> chance;
  std::function<Score(const ImagePairs&)> compute;
  /// The pretrained network whose weights it needs (feature_table.h); "" = none. Who was trained
  /// against that network is no better for a good score (evidence.h).
  std::string network = {};
  std::string range = {};  ///< of its values: "-1 to 1"
  /// Whether it is a correlation of each image (or of all) with its truth: noise then bounds it as
  /// repeats tell (ceilings.h).
  bool correlation = false;
};

/// The chance level of comparisons of two stimuli.
inline double even_chance(int64_t) { return 0.5; }

/// The metrics of pixels, those of edges, orientations and spectra, those of networks' features,
/// and those of responses (brain_responses.h). The first two need no weights.
std::vector<Metric> pixel_metrics();
std::vector<Metric> structure_metrics();
std::vector<Metric> feature_metrics();

/// Every metric, by name: the one place to add one. Correlations have no chance level: photographs
/// resemble each other, so the level to beat is the "shuffled" and "mean" controls'.
const std::vector<Metric>& metric_table();

/// The metric of this name; null where there is none (scores of another version).
const Metric* known_metric(const std::string& name);

/// Metrics by name ("all" for each); unknown names are an Error with the nearest.
std::vector<const Metric*> find_metrics(const std::vector<std::string>& names);

}  // namespace afterimage
