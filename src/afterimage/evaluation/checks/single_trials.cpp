#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/checks/check_data.h"
#include "afterimage/evaluation/checks/check_text.h"
#include "afterimage/similarity/correlation.h"

namespace afterimage {
namespace {

/// How well one half of the trials tells what the other half shows.
struct Halves {
  Estimated identified;  ///< 2-way among the reconstructions of the other half; chance .5
  /// Mean correlation of the two halves' reconstructions, less the mean of them all: what all
  /// images share would agree whatever was seen.
  double agreement = NAN;
};

std::unique_ptr<Halves> halves_of(CheckData& data, size_t decoder) {
  const auto& probes = data.decoder(decoder).probes;
  const auto one = probes.find("half-1"), two = probes.find("half-2");
  if (one == probes.end() || two == probes.end()) return nullptr;
  if (one->second.row != two->second.row || one->second.row.size() < 2) return nullptr;
  const auto floats = [](const Probe& probe) { return probe.images.to(at::kFloat).div_(255); };
  const auto first = floats(one->second), second = floats(two->second);
  const auto likeness =
      at::mm(data.looks_of(first), data.looks_of(second).t()).to(at::kDouble);  // (n, n)
  const auto rows = likeness.size(0);
  auto halves = std::make_unique<Halves>();
  halves->identified =
      estimated(two_way_identification(likeness, at::arange(rows, at::kLong)), Stimuli(rows));
  const auto mean = (first.mean(0, true) + second.mean(0, true)) / 2;
  halves->agreement =
      pearson_of_moments(moments((first - mean).flatten(1), (second - mean).flatten(1)))
          .mean()
          .item()
          .toDouble();
  return halves;
}

/// The numbers of trials that were averaged in probes, ascending.
std::vector<int64_t> counts_of(const Reconstruction& made) {
  std::vector<int64_t> counts;
  for (const auto& [name, probe] : made.probes) {
    if (name.starts_with("trials-")) counts.push_back(std::stoll(name.substr(7)));
  }
  std::sort(counts.begin(), counts.end());
  return counts;
}

CheckResult single_trials(CheckData& data, size_t decoder) {
  const auto& made = data.decoder(decoder);
  if (data.stimuli().count() < 2) {
    return not_checked("There is one image, which nothing can be told from", "Reconstruct more");
  }
  const auto& averaged = made.trials_averaged;
  const auto most = *std::max_element(averaged.begin(), averaged.end());
  const auto& own = data.identification(decoder);
  CheckResult result;
  if (most == 1) {
    result.figures = {{"2-way identification of single trials", own.mean.mean}};
    result.found =
        concat("Every image is made of one trial, and identified in ", estimate_text(own.mean));
    result.meaning = "The scores are those of single trials";
    return result;
  }
  const auto counts = counts_of(made);
  if (counts.empty()) {
    return not_checked(
        concat("Each image is made of up to ", most, " trials; what one shows is not known"),
        "Reconstruct again, with the probe trials");
  }
  std::vector<std::string> texts;
  Estimated single;
  for (const auto count : counts) {
    const auto scores = data.probe(decoder, concat("trials-", count));
    if (count == 1) single = scores->mean;
    result.figures[concat("2-way identification of ", count, " averaged")] = scores->mean.mean;
    result.figures[concat("pixel correlation of ", count, " averaged")] = scores->pixels.mean;
    texts.push_back(concat(decimals(scores->mean.mean), " (", count, ")"));
  }
  texts.push_back(concat(decimals(own.mean.mean), " (", most, ")"));
  result.figures[concat("2-way identification of ", most, " averaged")] = own.mean.mean;
  result.found = "2-way identification by trials averaged: " + join(texts);
  const auto halves = halves_of(data, decoder);
  if (halves) {
    result.figures["identification between halves of the trials"] = halves->identified.mean;
    result.figures["agreement of halves (correlation beside the mean image)"] = halves->agreement;
    result.figures["agreement of all trials (Spearman-Brown)"] =
        2 * halves->agreement / (1 + halves->agreement);
    result.found += concat("; halves of the trials agree to r = ", decimals(halves->agreement, 2),
                           " and identify each other in ", estimate_text(halves->identified));
  }
  if (halves && undecided(halves->identified)) {
    result.verdict = Verdict::look;
    result.meaning = "There are too few images to say whether halves of the trials agree";
  } else if (halves && !(halves->identified.low > 0.5)) {
    result.verdict = Verdict::fail;
    result.meaning =
        "Two halves of the trials of one image give no more alike reconstructions than "
        "those of two images: the scores do not come from the responses";
  } else if (!(single.low > 0.5)) {
    result.verdict = Verdict::look;
    result.meaning =
        concat("Single trials show nothing: say beside each score that it takes up to ", most,
               " trials of one image");
  } else {
    result.meaning = "Single trials show the image too, averages more of it";
  }
  return result;
}

}  // namespace

Check single_trials_check() {
  return {"single-trials",
          "Single trials",
          "scores that only averages over many trials reach; reconstructions that do not agree "
          "between halves of the trials",
          "noise that trials share (their order, the day)",
          "split halves with Spearman-Brown",
          single_trials};
}

}  // namespace afterimage
