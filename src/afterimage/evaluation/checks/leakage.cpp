#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/checks/check_data.h"
#include "afterimage/evaluation/checks/check_text.h"

namespace afterimage {
namespace {

constexpr int64_t kRowsAtOnce = 256;

/// Of each row of `looks`, the likeness of the nearest training image.
at::Tensor nearest(const at::Tensor& looks, const TrainingImages& training) {
  std::vector<at::Tensor> parts;
  for (const auto& part : looks.split(kRowsAtOnce)) {
    parts.push_back(at::amax(at::mm(part, training.looks.t()), {1}));
  }
  return at::cat(parts);
}

/// Spearman's correlation: that of the ranks; equal values share the mean of theirs.
double rank_correlation(const at::Tensor& a, const at::Tensor& b) {
  const auto ranks = [](const at::Tensor& x) {
    const auto sorted = std::get<0>(x.sort());
    return (at::searchsorted(sorted, x) + at::searchsorted(sorted, x, false, true)).to(at::kDouble);
  };
  const auto x = ranks(a) - ranks(a).mean(), y = ranks(b) - ranks(b).mean();
  return ((x * y).sum() / (x.norm() * y.norm()).clamp_min(1e-12)).item().toDouble();
}

/// How many of the tested stimuli's categories are those of training images too, as a share of
/// stimuli; NaN without categories.
double categories_shared(CheckData& data, const TrainingImages& training) {
  const auto& category = data.recording().info().stimulus_category;
  if (category.empty()) return NAN;
  std::set<std::string> learned;
  for (const auto s : training.stimulus) learned.insert(category[static_cast<size_t>(s)]);
  const auto& rows = data.decoder(0).stimulus;
  const auto shared = std::count_if(rows.begin(), rows.end(), [&](int64_t s) {
    return learned.contains(category[static_cast<size_t>(s)]);
  });
  return static_cast<double>(shared) / static_cast<double>(rows.size());
}

/// The leakage that is known by name, pixels and source, of this decoder's training.
const SharedStimuli* known(const CheckData& data, size_t decoder) {
  const auto& split = data.decoder(decoder).train_split;
  for (const auto& pair : data.scores().leakage) {
    if (pair.train == (split.empty() ? "train" : split)) return &pair;
  }
  return nullptr;
}

CheckResult leakage(CheckData& data, size_t decoder) {
  const auto* training = data.training(decoder);
  const auto* shared = known(data, decoder);
  if (training == nullptr || shared == nullptr) {
    return not_checked("The images this decoder learned from are not known",
                       "Folds of a cross-validation keep stimuli apart by themselves; --by source "
                       "keeps photographs apart too");
  }
  const auto likeness = nearest(data.true_looks(), *training);
  const auto own = (data.true_looks() * data.looks(decoder)).sum(1);
  const std::set<int64_t> same(shared->rows.begin(), shared->rows.end());
  const std::set<int64_t> equal(shared->pixels.begin(), shared->pixels.end());
  const std::set<int64_t> cut(shared->sources.begin(), shared->sources.end());
  CheckResult result;
  std::vector<int64_t> sources;
  std::set<int64_t> near_stimuli, source_stimuli;  // several rows may show one
  const auto& rows = data.decoder(decoder).stimulus;
  for (size_t row = 0; row < rows.size(); ++row) {
    const bool alike = likeness[static_cast<int64_t>(row)].item().toDouble() > kSamePhotograph;
    const bool learned = same.contains(rows[row]) || equal.contains(rows[row]);
    if (learned || alike) result.rows.push_back(static_cast<int64_t>(row));
    if (alike && !learned) near_stimuli.insert(rows[row]);
    if (learned || alike || !cut.contains(rows[row])) continue;
    sources.push_back(static_cast<int64_t>(row));
    source_stimuli.insert(rows[row]);
  }
  const auto near = std::ssize(near_stimuli);
  result.figures = {
      {"same stimulus", std::ssize(shared->rows)},
      {"equal pixels", std::ssize(shared->pixels)},
      {"near-duplicates", near},
      {"same source", std::ssize(shared->sources)},
      {"share in a trained category", categories_shared(data, *training)},
      {"median likeness of the nearest training image", likeness.median().item().toDouble()},
      {"rank correlation of score and nearness", rank_correlation(own, likeness)}};
  const auto learned = std::ssize(shared->rows) + std::ssize(shared->pixels);
  if (learned + near > 0) {
    result.verdict = Verdict::fail;
    result.found = concat(learned, " of ", counted(shared->tested, "test image"),
                          " were learned from, and ", near, " more have a near-duplicate among ",
                          counted(std::ssize(training->stimulus), "training image"));
    result.meaning =
        "A decoder that only remembers would score well on these: leave them out of "
        "the training";
  } else if (!sources.empty()) {
    result.verdict = Verdict::look;
    result.rows = std::move(sources);
    result.found = concat(source_stimuli.size(), " of ", counted(shared->tested, "test image"),
                          " were cut from a photograph or video that was trained on too");
    result.meaning = "Scores will be better than those of other photographs: split by source";
  } else {
    result.rows = lowest_rows(-likeness, 5);
    result.found = concat("No test image is among the ",
                          counted(std::ssize(training->stimulus), "training image"),
                          ", nor is one as alike as a copy (most alike: ",
                          decimals(likeness.max().item().toDouble(), 2), ", a copy has above ",
                          decimals(kSamePhotograph, 2), ")");
    result.meaning = "The images were new to the decoder; the five nearest to training are linked";
  }
  return result;
}

}  // namespace

Check leakage_check() {
  return {"leakage",
          "Leakage",
          "test images that were learned from: the same stimulus, equal pixels, near-duplicates, "
          "parts of one photograph",
          "another photograph of the same object or scene; what a pretrained network has seen",
          "Shirakawa et al. 2024",
          leakage};
}

}  // namespace afterimage
