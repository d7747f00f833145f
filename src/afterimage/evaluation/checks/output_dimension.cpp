#include <ATen/ATen.h>

#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/checks/check_data.h"
#include "afterimage/evaluation/checks/check_text.h"

namespace afterimage {
namespace {

/// Shares of the true images' dimensions. A linear decoder blurs, and loses half of them honestly
/// (docs/evaluation.md); one that shows a handful of images keeps a few.
constexpr double kCollapsed = 0.15, kNarrow = 0.3;
/// Share of the true images' variance below which all reconstructions are near their mean.
constexpr double kFaint = 0.03;
/// More reconstructions than this that are the same as that of another image.
constexpr double kMostAlike = 0.5;
/// Two reconstructions this alike are one; less than that two of one decoder may honestly be.
constexpr double kOneImage = 0.999;
/// Cosine of test images with the best combination of training images.
constexpr double kSpanned = 0.8;
constexpr int64_t kMost = 2000;  // rows; the matrices below have the square of it

/// Participation ratio of the principal components' variances, (sum v)^2 / sum v^2: how many
/// directions images (n, d) vary in (Gao et al. 2017). From the n x n matrix of products.
double dimensions(const at::Tensor& images) {
  const auto x = (images - images.mean(0)).to(at::kDouble);
  const auto gram = at::mm(x, x.t());
  const auto trace = gram.trace().item().toDouble(), square = gram.square().sum().item().toDouble();
  return square > 1e-12 ? trace * trace / square : 0;
}

/// Cosine of each row of `looks` with its projection on the span of the training images' looks:
/// along the principal axes of these that hold more than rounding.
at::Tensor spanned(const at::Tensor& looks, const at::Tensor& training) {
  const auto x = training.to(at::kDouble);
  const bool few = x.size(0) < x.size(1);
  const auto [values, vectors] = at::linalg_eigh(few ? at::mm(x, x.t()) : at::mm(x.t(), x));
  const auto kept = values.gt(values.max() * 1e-6).nonzero().squeeze(1);
  auto basis = vectors.index_select(1, kept);  // (training or d, k)
  if (few) basis = at::mm(x.t(), basis) / values.index_select(0, kept).sqrt();
  return at::mm(looks.to(at::kDouble), basis).norm(2, 1);
}

at::Tensor small_pixels(const at::Tensor& images) {
  return at::adaptive_avg_pool2d(images, {16, 16}).flatten(1);
}

CheckResult output_dimension(CheckData& data, size_t decoder) {
  const auto count = data.stimuli().count();
  if (count < 3) return not_checked("There are fewer than three images", "Reconstruct more");
  const auto most = [](const at::Tensor& rows) {
    return rows.narrow(0, 0, std::min(kMost, rows.size(0)));
  };
  const auto made = most(data.stimuli().firsts(data.decoder(decoder).images));
  const auto truths = most(data.stimuli().firsts(data.truth()));
  const double ours = dimensions(small_pixels(made)), theirs = dimensions(small_pixels(truths));
  const double share = ours / theirs;
  const auto variance = [](const at::Tensor& images) {
    return small_pixels(images).var(0, /*unbiased=*/false).sum().item().toDouble();
  };
  const double contrast = variance(made) / std::max(1e-12, variance(truths));
  const auto looks = most(data.stimuli().firsts(data.looks(decoder)));
  const auto likeness = at::mm(looks, looks.t()).fill_diagonal_(0);
  const auto same = at::amax(likeness, {1}).gt(kOneImage);
  const auto flat = made.flatten(1).std(0).mean().lt(1e-3).item<bool>();
  const double alike = flat ? 1 : same.to(at::kDouble).mean().item().toDouble();
  double span = NAN;
  if (const auto* training = data.training(decoder)) {
    span = spanned(data.true_looks(), training->looks).mean().item().toDouble();
  }
  CheckResult result;
  result.figures = {
      {"dimensions of the reconstructions", ours}, {"dimensions of the true images", theirs},
      {"share of the dimensions", share},          {"share of the variance", contrast},
      {"share that equals another's", alike},      {"best in the span of training images", span}};
  result.found =
      concat("The reconstructions vary in ", decimals(ours, 1),
             " directions, the true "
             "images in ",
             decimals(theirs, 1), "; ", percent(alike), " are the same as that of another image");
  if (alike > kMostAlike || share < kCollapsed) {
    result.verdict = Verdict::fail;
    result.meaning = "The decoder has collapsed to a few images, whatever was seen";
    if (!flat) {
      const auto first = data.stimuli().first_row();
      for (const auto row : rows_where(same)) result.rows.push_back(first[row].item<int64_t>());
    }
  } else if (share < kNarrow) {
    result.verdict = Verdict::look;
    result.meaning = "Most of what makes the images differ is not in the reconstructions";
  } else if (contrast < kFaint) {
    result.verdict = Verdict::look;
    result.found += concat(", and they have ", percent(contrast), " of the true images' variance");
    result.meaning = "All reconstructions are near one image: only faint traces tell them apart";
  } else if (span < kSpanned) {
    result.verdict = Verdict::look;
    result.found += concat("; the best combination of training images has a cosine of ",
                           decimals(span, 2), " with them");
    result.meaning =
        "The training images span too little: no decoder that is linear in them could "
        "show the test images, whatever the responses";
  } else {
    result.meaning = "The reconstructions differ as images do";
  }
  return result;
}

}  // namespace

Check output_dimension_check() {
  return {"output-dimension",
          "Output dimension",
          "decoders that have collapsed to few images; training sets too uniform to show others",
          "outputs that vary at random",
          "Otsuka et al. 2025; participation ratio: Gao et al. 2017",
          output_dimension};
}

}  // namespace afterimage
