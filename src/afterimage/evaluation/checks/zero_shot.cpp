#include <ATen/ATen.h>

#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/checks/check_data.h"
#include "afterimage/evaluation/checks/check_text.h"

namespace afterimage {
namespace {

constexpr int64_t kRowsAtOnce = 256;
/// More reconstructions than this that are training images: they are looked up, not made.
constexpr double kMostCopies = 0.5;

CheckResult zero_shot(CheckData& data, size_t decoder) {
  const auto* training = data.training(decoder);
  if (training == nullptr) {
    return not_checked("The images this decoder learned from are not known",
                       "Identification among the test images is all there is");
  }
  const auto& looks = data.looks(decoder);
  const auto own = (data.true_looks() * looks).sum(1, true);  // (n, 1)
  std::vector<at::Tensor> below, best;
  for (int64_t first = 0; first < looks.size(0); first += kRowsAtOnce) {
    const auto count = std::min(kRowsAtOnce, looks.size(0) - first);
    const auto others = at::mm(looks.narrow(0, first, count), training->looks.t());
    below.push_back(others.lt(own.narrow(0, first, count)).to(at::kDouble).mean(1));
    best.push_back(at::amax(others, {1}));
  }
  const auto shares = at::cat(below), nearest = at::cat(best);
  const auto copies = nearest.gt(kSamePhotograph);
  const auto rank = estimated(shares, data.stimuli());
  const auto first = shares.eq(1).to(at::kDouble).mean().item().toDouble();
  const auto copied = copies.to(at::kDouble).mean().item().toDouble();
  const auto candidates = std::ssize(training->stimulus);

  CheckResult result;
  result.figures = {{"candidates", candidates + 1},
                    {"share of training images beaten", rank.mean},
                    {"low", rank.low},
                    {"high", rank.high},
                    {"ranked first", first},
                    {"copies of training images", copied}};
  result.found = concat("Among the true image and ", counted(candidates, "training image"),
                        ", the true one is nearer than ", percent(rank.mean),
                        " of the others and the nearest of all in ", percent(first));
  result.rows = lowest_rows(shares, 10);
  if (copied > kMostCopies) {
    result.verdict = Verdict::fail;
    result.found = concat(percent(copied), " of the reconstructions are training images");
    result.meaning = "They are looked up, not made: what is new in an image cannot appear";
    result.rows = rows_where(copies);
  } else if (undecided(rank)) {
    result.verdict = Verdict::look;
    result.meaning = "There are too few images to say whether that is better than chance (50 %)";
  } else if (!(rank.low > 0.5)) {
    result.verdict = Verdict::fail;
    result.meaning =
        "That is no better than chance (50 %): the reconstructions do not say which "
        "image was seen";
  } else if (rank.mean < kWellAboveChance) {
    result.verdict = Verdict::look;
    result.meaning =
        "Better than chance, but many training images would do as well: identification "
        "among few test images flatters this decoder";
  } else {
    result.meaning =
        "The reconstructions say which image was seen, beyond the test set's few "
        "candidates";
  }
  return result;
}

}  // namespace

Check zero_shot_check() {
  return {"zero-shot",
          "Identification among training images",
          "reconstructions that are, or are no more than, training images; identification that is "
          "easy because the test has few candidates",
          "copies of parts of several training images",
          "Shirakawa et al. 2024, (C+1)-way with every training image as a candidate",
          zero_shot};
}

}  // namespace afterimage
