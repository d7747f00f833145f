#include <ATen/ATen.h>

#include "afterimage/base/text.h"
#include "afterimage/evaluation/metric.h"
#include "afterimage/similarity/correlation.h"
#include "afterimage/similarity/ssim.h"

namespace afterimage {
namespace {

/// One value per image from batches of truth and reconstruction, float64.
Score per_image(const ImagePairs& pairs,
                const std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>& values) {
  return score_of_images(of_batches(pairs, values), pairs.stimuli());
}

Score pixel_correlation(const ImagePairs& pairs) {
  return per_image(pairs, [](const at::Tensor& x, const at::Tensor& y) {
    return pearson_of_moments(moments(x.flatten(1), y.flatten(1)));
  });
}

Score ssim(const ImagePairs& pairs) {
  const auto side = std::min(pairs.truth().size(2), pairs.truth().size(3));
  if (side < kSsimWindow) {
    return score_not_computed(
        concat("images of ", side, " px are smaller than the window of ", kSsimWindow));
  }
  return per_image(pairs, [](const at::Tensor& x, const at::Tensor& y) {
    return structural_similarity(luminance(x), luminance(y));
  });
}

Score mean_squared_error(const ImagePairs& pairs) {
  return per_image(pairs, [](const at::Tensor& x, const at::Tensor& y) {
    return (x - y).square().mean({1, 2, 3});
  });
}

Score colourfulness_difference(const ImagePairs& pairs) {
  return per_image(pairs, [](const at::Tensor& x, const at::Tensor& y) {
    return (colourfulness(y) - colourfulness(x)).abs();
  });
}

Score identification(const ImagePairs& pairs,
                     at::Tensor (*shares)(const at::Tensor&, const at::Tensor&)) {
  const auto& stimuli = pairs.stimuli();
  if (stimuli.count() < 2) return score_not_computed("there is one stimulus only");
  return score_of_images(shares(pairs.pixel_similarity(), stimuli.of_row()), stimuli);
}

double one_of(int64_t stimuli) { return 1.0 / static_cast<double>(stimuli); }

}  // namespace

at::Tensor colourfulness(const at::Tensor& images) {
  const auto rgb = images.flatten(2).unbind(1);  // 3 x (n, y x)
  const auto rg = rgb[0] - rgb[1];
  const auto yb = (rgb[0] + rgb[1]) / 2 - rgb[2];
  const auto spread = (rg.var(1, /*unbiased=*/false) + yb.var(1, /*unbiased=*/false)).sqrt();
  return spread + 0.3 * (rg.mean(1).square() + yb.mean(1).square()).sqrt();
}

std::vector<Metric> pixel_metrics() {
  return {
      {"pixel-correlation",
       "Pixel correlation",
       "Pearson correlation of RGB pixels at the reconstruction's size, mean over images; 0 for a "
       "constant image",
       "PixCorr of MindEye (there at 425 px)",
       true,
       {},
       pixel_correlation,
       {},
       "-1 to 1",
       true},
      {"ssim",
       "SSIM",
       "structural similarity of luminance (Wang et al. 2004): Gaussian window, sigma 1.5, 11 "
       "taps, "
       "windows inside the image; mean over images",
       "MindEye (there at 425 px)",
       true,
       {},
       ssim,
       {},
       "-1 to 1"},
      {"pixel-mse",
       "Pixel squared error",
       "mean squared difference of RGB pixels in [0,1], mean over images",
       "general",
       false,
       {},
       mean_squared_error,
       {},
       "0 to 1"},
      {"pixel-identification-2way",
       "Pixel identification, 2-way",
       "share of other stimuli whose pixels correlate less with the reconstruction than its own "
       "image's; ties are losses; mean over images",
       "Shen et al. 2019",
       true,
       even_chance,
       [](const ImagePairs& pairs) { return identification(pairs, two_way_identification); },
       {},
       "0 to 1"},
      {"pixel-identification-nway",
       "Pixel identification, n-way",
       "share of reconstructions whose pixels correlate more with their own image than with any "
       "other of the n stimuli; ties are losses; chance is 1/n",
       "general",
       true,
       one_of,
       [](const ImagePairs& pairs) { return identification(pairs, top_identification); },
       {},
       "0 to 1"},
      {"colourfulness-difference",
       "Colourfulness difference",
       "absolute difference of colourfulness (Hasler & Suesstrunk 2003), RGB in [0,1]; mean over "
       "images",
       "after MonkeySee",
       false,
       {},
       colourfulness_difference,
       {},
       "0 and more"},
  };
}

}  // namespace afterimage
