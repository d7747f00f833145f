#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/evaluation/image_pairs.h"

namespace afterimage {

/// What one metric says. `per_image` is absent for metrics of the whole set (a correlation over all
/// images and units); intervals come from resampling images (statistics.h).
struct Score {
  std::string metric;
  double value = 0;
  std::vector<double> per_image;
  std::optional<double> low, high;  ///< 95 % bootstrap interval over images
  std::string not_computed;         ///< why there is no number; empty = computed
  at::Tensor
      columns;  ///< (n, 2) or (n, 6) float64: what resampling adds up (statistics.h); not saved
};

/// A score that is the mean of one value per image (n).
Score score_of_images(const at::Tensor& values);
/// A score that is one correlation over images and units: moments (n, 6) of correlation.h.
Score score_of_moments(const at::Tensor& moments);
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
  double chance = std::numeric_limits<double>::quiet_NaN();  ///< NaN where there is no chance level
  std::function<Score(const ImagePairs&)> compute;
};

/// The metrics of pixels, and those of networks' features.
std::vector<Metric> pixel_metrics();
std::vector<Metric> feature_metrics();

/// Every metric, by name: the one place to add one. Correlations have no chance level: photographs
/// resemble each other, so the level to beat is the "shuffled" and "mean" controls'.
const std::vector<Metric>& metric_table();

/// Metrics by name ("all" for each); unknown names are an Error with the nearest.
std::vector<const Metric*> find_metrics(const std::vector<std::string>& names);

}  // namespace afterimage
