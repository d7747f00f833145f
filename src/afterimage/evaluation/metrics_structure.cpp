#include <ATen/ATen.h>

#include "afterimage/base/text.h"
#include "afterimage/evaluation/metric.h"
#include "afterimage/evaluation/structure.h"
#include "afterimage/similarity/correlation.h"
#include "afterimage/similarity/ssim.h"

namespace afterimage {
namespace {

int64_t side_of(const ImagePairs& pairs) {
  return std::min(pairs.truth().size(2), pairs.truth().size(3));
}

Score too_small(const ImagePairs& pairs, int64_t least) {
  return score_not_computed(
      concat("images of ", side_of(pairs), " px are too small for it (", least, ")"));
}

/// What is compared by the correlation of its features.
struct Description {
  std::string name;
  int64_t least;  ///< pixels of the shorter side
  at::Tensor (*of)(const at::Tensor& gray);
};

const Description kHog = {"hog", 4, hog};
const Description kEnergy = {"oriented-energy", 8, oriented_energy};
const Description kSpectrum = {"spectrum", 8, log_spectrum};

DescribedPairs described(const Description& what, const ImagePairs& pairs) {
  return pairs.described(what.name, [&](const at::Tensor& images) {
    return what.of(luminance(images).to(at::kFloat));
  });
}

std::function<Score(const ImagePairs&)> correlation_of(const Description& what) {
  return [&what](const ImagePairs& pairs) {
    if (side_of(pairs) < what.least) return too_small(pairs, what.least);
    const auto [truth, reconstruction] = described(what, pairs);
    return score_of_images(pearson_of_moments(moments(truth, reconstruction)), pairs.stimuli());
  };
}

std::function<Score(const ImagePairs&)> identification_by(const Description& what) {
  return [&what](const ImagePairs& pairs) {
    const auto& stimuli = pairs.stimuli();
    if (side_of(pairs) < what.least) return too_small(pairs, what.least);
    if (stimuli.count() < 2) return score_not_computed("there is one stimulus only");
    const auto [truth, reconstruction] = described(what, pairs);
    const auto matrix = similarity(stimuli.firsts(truth), reconstruction);
    return score_of_images(two_way_identification(matrix, stimuli.of_row()), stimuli);
  };
}

Score spectrum_distance(const ImagePairs& pairs) {
  if (side_of(pairs) < kSpectrum.least) return too_small(pairs, kSpectrum.least);
  const auto [truth, reconstruction] = described(kSpectrum, pairs);
  const auto difference = (truth - reconstruction).to(at::kDouble);
  return score_of_images(difference.square().mean(1).sqrt(), pairs.stimuli());
}

Score multi_scale_ssim(const ImagePairs& pairs) {
  if (side_of(pairs) < kSsimWindow) return too_small(pairs, kSsimWindow);
  return score_of_images(of_batches(pairs,
                                    [](const at::Tensor& x, const at::Tensor& y) {
                                      return multi_scale_similarity(luminance(x), luminance(y));
                                    }),
                         pairs.stimuli());
}

}  // namespace

std::vector<Metric> structure_metrics() {
  const std::string energy =
      "energy of oriented structure (Gabor pairs of 8 orientations in up to 4 octaves of "
      "luminance, means in a grid of 4 x 4)";
  const std::string gradients =
      "histograms of oriented gradients of luminance (9 orientations, cells of 1/8 of the side, "
      "L2-Hys)";
  const std::string identify =
      "share of other stimuli whose features correlate less with the reconstruction's than its own "
      "image's; ties are losses; mean over images; features: ";
  return {
      {.name = "ms-ssim",
       .label = "Multi-scale SSIM",
       .definition =
           "multi-scale structural similarity of luminance: as many of the 5 scales as images have "
           "room for an 11 px window, their weights enlarged to add up to as much; mean over "
           "images",
       .source = "Wang et al. 2003",
       .chance = {},
       .compute = multi_scale_ssim,
       .range = "0 to 1"},
      {.name = "hog-correlation",
       .label = "HOG correlation",
       .definition = "Pearson correlation of " + gradients + ", mean over images",
       .source = "after Dalal & Triggs 2005",
       .chance = {},
       .compute = correlation_of(kHog),
       .range = "-1 to 1",
       .correlation = true},
      {.name = "hog-identification-2way",
       .label = "HOG identification, 2-way",
       .definition = identify + gradients,
       .source = "after Dalal & Triggs 2005",
       .chance = even_chance,
       .compute = identification_by(kHog),
       .range = "0 to 1"},
      {.name = "oriented-energy-correlation",
       .label = "Oriented energy correlation",
       .definition = "Pearson correlation of " + energy + ", mean over images",
       .source = "after GIST, Oliva & Torralba 2001",
       .chance = {},
       .compute = correlation_of(kEnergy),
       .range = "-1 to 1",
       .correlation = true},
      {.name = "oriented-energy-identification-2way",
       .label = "Oriented energy identification, 2-way",
       .definition = identify + energy,
       .source = "after GIST, Oliva & Torralba 2001",
       .chance = even_chance,
       .compute = identification_by(kEnergy),
       .range = "0 to 1"},
      {.name = "spectrum-distance",
       .label = "Spectrum distance",
       .definition =
           "root mean square difference of the log10 radial power spectra of luminance, over rings "
           "of 1 cycle per image up to half its pixels (Hann window; power below that of rounding "
           "to 8 bits does not count); mean over images",
       .source = "after Field 1987",
       .higher_is_better = false,
       .chance = {},
       .compute = spectrum_distance,
       .range = "0 and more"},
  };
}

}  // namespace afterimage
