#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/json_file.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/evaluation/brain_responses.h"
#include "afterimage/evaluation/ceilings.h"
#include "afterimage/evaluation/checks/check_data.h"
#include "afterimage/evaluation/draws.h"
#include "afterimage/evaluation/image_sets.h"
#include "afterimage/evaluation/judgement.h"
#include "afterimage/evaluation/scores.h"
#include "afterimage/evaluation/statistics.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/leakage.h"
#include "afterimage/recordings/stimulus_hash.h"

namespace afterimage {
namespace {

std::string size_text(const at::Tensor& images) {
  return concat(images.size(3), " x ", images.size(2), " pixels");
}

}  // namespace

void check_alike(const std::vector<Reconstruction>& all, const Recording& recording,
                 const RunContext& run) {
  if (all.empty()) throw Error("evaluate", "there are no reconstructions", "Name at least one");
  const auto& first = all.front();
  if (first.stimulus.empty()) throw Error(first.name, "has no images", "Reconstruct a split first");
  for (size_t i = 0; i < all.size(); ++i) {
    const auto& other = all[i];
    const auto refuse = [&](const std::string& what) {
      throw Error(other.name, "differs from '" + first.name + "' in " + what,
                  "Evaluate together only what reconstructs the same images");
    };
    if (other.split != first.split) refuse("its split (" + other.split + ", " + first.split + ")");
    if (other.stimulus != first.stimulus) refuse("its stimuli");
    if (other.images.sizes() != first.images.sizes()) {
      refuse(concat("its images' size (", size_text(other.images), ", ", size_text(first.images),
                    "), on which scores depend"));
    }
    for (size_t j = 0; j < i; ++j) {
      if (all[j].name == other.name) {
        throw Error(other.name, "two reconstructions have this name", "Give each its own (--name)");
      }
    }
  }
  for (const auto& each : all) {
    const bool checked = &each != &first && each.stimulus_name == first.stimulus_name &&
                         each.stimulus_sha256 == first.stimulus_sha256;
    if (!checked) check_shown_in(each, recording, run);
  }
}

namespace {

/// What each training split these decoders learned from shares with what is judged.
std::vector<SharedStimuli> leakage_of(const std::vector<Reconstruction>& all,
                                      const Recording& recording, const RunContext& run) {
  const auto splits = recording.info().splits();
  std::vector<SharedStimuli> pairs;
  std::set<std::string> seen;
  for (const auto& each : all) {
    const std::string train = each.train_split.empty() ? "train" : each.train_split;
    if (std::find(splits.begin(), splits.end(), train) == splits.end()) continue;
    if (std::find(splits.begin(), splits.end(), each.split) == splits.end()) continue;
    if (seen.insert(train).second)
      pairs.push_back(shared_stimuli(recording, train, each.split, run));
  }
  return pairs;
}

}  // namespace

at::Tensor true_images(const Recording& recording, const Reconstruction& reconstruction) {
  const auto height = reconstruction.images.size(2);
  const auto width = reconstruction.images.size(3);
  std::vector<at::Tensor> parts;
  constexpr size_t batch = 64;  // stimuli may be much larger than the reconstructions
  const auto& rows = reconstruction.stimulus;
  for (size_t first = 0; first < rows.size(); first += batch) {
    const auto last = std::min(first + batch, rows.size());
    auto images = recording.images({rows.begin() + static_cast<std::ptrdiff_t>(first),
                                    rows.begin() + static_cast<std::ptrdiff_t>(last)});
    if (images.size(2) != height || images.size(3) != width) {
      images = resize_image(images, height, width);
    }
    parts.push_back(images.to(at::kFloat).div_(255));
  }
  return at::cat(parts);
}

namespace {

void add_interval(Score& score, const Draws::Weights& draws) {
  if (!score.not_computed.empty() || score.columns.size(0) < 2) return;
  const auto interval = bootstrap_interval(score.columns, draws.counts);
  score.low = interval.low;
  score.high = interval.high;
}

std::vector<Comparison> compare(const std::vector<ScoredImages>& scored,
                                const std::vector<ImageSet>& sets, const Draws::Weights& draws) {
  std::vector<Comparison> comparisons;
  std::vector<double> p;
  for (size_t i = 0; i < sets.size(); ++i) {
    for (const auto decoder : sets[i].compared_by) {
      for (size_t m = 0; m < scored[i].scores.size(); ++m) {
        const auto& first = scored[decoder].scores[m];
        const auto& second = scored[i].scores[m];
        if (!first.not_computed.empty() || !second.not_computed.empty()) continue;
        if (first.columns.size(0) < 2) continue;
        const auto paired =
            paired_difference(first.columns, second.columns, draws.counts, draws.signs);
        comparisons.push_back({scored[decoder].name, scored[i].name, first.metric,
                               paired.difference, paired.low, paired.high, paired.p, 1});
        p.push_back(paired.p);
      }
    }
  }
  const auto q = benjamini_hochberg(p);
  for (size_t i = 0; i < q.size(); ++i) comparisons[i].q = q[i];
  return comparisons;
}

}  // namespace

namespace {

/// Null without an encoder.
std::unique_ptr<BrainResponses> brain_of(const std::string& encoder, const Recording& recording,
                                         const Reconstruction& shown, const Stimuli& stimuli,
                                         const RunContext& run) {
  if (encoder.empty()) return nullptr;
  const auto first = stimuli.first_row();
  std::vector<int64_t> stimulus;
  for (int64_t i = 0; i < first.size(0); ++i) {
    stimulus.push_back(shown.stimulus[static_cast<size_t>(first[i].item<int64_t>())]);
  }
  return std::make_unique<BrainResponses>(encoder, recording, shown.split, stimulus, run);
}

}  // namespace

Options EvaluationOptions::options() {
  return {
      Option("metrics", metrics, "names of metrics, or all"),
      Option("bootstrap", bootstrap, "resamples of the images for intervals and p values")
          .range(100, 1000000),
      Option("checks", checks,
             "checks of what may make scores too good (docs/evaluation.md): names, all or none"),
      Option("encoder", encoder,
             "an encoding model of this recording (folder of 'afterimage encode'), for "
             "brain-correlation"),
      Option("human", human, "files of answers that people gave on a page of 'afterimage judge'"),
  };
}

Scores evaluate(const std::vector<Reconstruction>& reconstructions, const Recording& recording,
                const EvaluationOptions& options, const RunContext& run) {
  check_alike(reconstructions, recording, run);
  const auto metrics = find_metrics(options.metrics);
  const auto checks = find_checks(options.checks);
  std::vector<std::pair<std::string, nlohmann::json>> answers;
  for (const auto& file : options.human) answers.emplace_back(file, read_json(file));
  const auto& first = reconstructions.front();
  Reconstruction shown;  // what an older file may lack
  shown.show(recording, first.stimulus, run);
  const Stimuli stimuli(numbered_by_first(shown.stimulus_sha256));
  Draws drawn(options.bootstrap, run);
  const auto& draws = drawn.of(stimuli.count());

  Scores result;
  result.split = first.split;
  result.height = first.images.size(2);
  result.width = first.images.size(3);
  result.stimulus = shown.stimulus;
  result.stimulus_name = shown.stimulus_name;
  result.stimulus_sha256 = shown.stimulus_sha256;
  result.stimuli = stimuli.count();
  result.leakage = leakage_of(reconstructions, recording, run);
  const auto shown_images = true_images(recording, first);
  const auto truth = std::make_shared<TruthFeatures>(shown_images, stimuli, run);
  const auto brain = brain_of(options.encoder, recording, first, stimuli, run);
  truth->set_brain(brain.get());
  const auto sets = image_sets(reconstructions);
  if (!answers.empty()) {  // refused before the work
    result.human = judge(answers, sets, result.stimulus_sha256, options.bootstrap, run).to_json();
  }
  Progress progress(run, "evaluate", static_cast<int64_t>(sets.size() * metrics.size()), "score");
  for (const auto& set : sets) {
    const ImagePairs pairs(truth, set.images);
    auto& scored = result.sets.emplace_back(
        ScoredImages{set.name, set.control, {}, set.trained_against, set.configuration, set.seed});
    for (const auto* metric : metrics) {
      run.stop_if_cancelled("stopped; nothing was written");
      auto& score = scored.scores.emplace_back(metric->compute(pairs));
      score.metric = metric->name;
      add_interval(score, draws);
      progress.advance(1, set.name);
    }
  }
  for (size_t i = 0; i < reconstructions.size(); ++i) {  // sets begin with the decoders
    add_ceilings(result.sets[i].scores, metrics, reconstructions[i], *truth);
  }
  result.comparisons = compare(result.sets, sets, draws);
  CheckData data(reconstructions, recording, result, shown_images, stimuli, run);
  result.checks = run_checks(checks, data);
  return result;
}

}  // namespace afterimage
