#include "afterimage/encoding/predicted_training.h"

#include <ATen/ATen.h>

#include <cmath>
#include <filesystem>

#include "afterimage/base/error.h"
#include "afterimage/base/json_number.h"
#include "afterimage/base/text.h"
#include "afterimage/encoding/predicted_choice.h"
#include "afterimage/recordings/source_rows.h"
#include "afterimage/regression/folds.h"

namespace afterimage {
namespace {

using nlohmann::json;

constexpr int64_t kChoiceFolds = 5;  // one of them is held out
// Below it responses say nothing of the images: what predicted trials then change is how much a
// decoder is regularised.
constexpr double kLeastR2 = 0.01;

double rounded(double value) { return std::round(1000 * value) / 1000; }

/// Mean R2 of the sensors of each area, and of all.
json r2_by_roi(const at::Tensor& r2, const Sensors& sensors) {
  json out;
  for (const auto& roi : sensors.rois()) {
    const auto own = r2.index({sensors.in_rois({roi}, "sensors")});
    out[roi.empty() ? "no ROI" : roi] = json_number(at::nanmean(own).item<double>());
  }
  out["all"] = json_number(at::nanmean(r2).item<double>());
  return out;
}

/// How many trials a sample averages, on average.
double averaged_by(const SampleSource& samples) {
  double sum = 0;
  for (const auto trials : samples.trials_averaged()) sum += static_cast<double>(trials);
  return sum / static_cast<double>(samples.count());
}

}  // namespace

Options PredictedOptions::options() {
  Options options = {
      Option("predicted", trials,
             "trials predicted by an encoding model that are learned from too (docs/encoding.md)")
          .range(0),
      Option("predicted_images", images,
             "folder of photographs they show; none: variations of the training images"),
      Option("predicted_noise", noise,
             "their noise, times that of a mean of predicted_average trials")
          .range(0, 100),
      Option("predicted_average", average,
             "trials that each stands for the mean of; 0 = as many as a test stimulus was shown")
          .range(0),
      Option("predicted_choose", choose,
             "how many are used, of none to all, is chosen on held-out training photographs"),
  };
  return options + [&] {
    auto variation_options = variation.options();
    for (auto& option : variation_options) option.name = "predicted_" + option.name;
    return variation_options;
  }();
}

PredictedTraining::PredictedTraining(const SampleSource& train, const Sensors& sensors,
                                     const PredictedOptions& options, const OtherStimuli& others,
                                     int64_t memory_limit, const RunContext& run)
    : train_(train), sensors_(sensors), options_(options), memory_limit_(memory_limit), run_(run) {
  if (options_.average == 0) options_.average = others.repeats;
  if (options_.average < 1) {
    throw Error("data.predicted_average", concat("is ", number_text(options_.average)),
                "Give 1 or more, or 0 for as many as test stimuli were shown");
  }
  const int64_t count = options_.choose ? chosen_count(train, others) : options_.trials;
  card_["trials"] = count;
  card_["asked_for"] = options_.trials;
  card_["images"] = options_.images.empty()
                        ? "variations of the training images"
                        : std::filesystem::path(options_.images).filename().string();
  card_["average"] = options_.average;
  card_["noise"] = options_.noise;
  if (count == 0) return;
  encoder_ = std::make_unique<EncodingModel>(options_.encoding, sensors_, run_);
  encoder_->fit(train, run_);
  card_["encoding_r2"] = r2_by_roi(encoder_->r2(), sensors_);
  card_["noise_from"] = encoder_->knows_noise() ? "repeats" : "residuals";
  further_ = further_images(train, count, others, run_);
  const PredictedTrials::Settings settings{count, options_.average, options_.noise, memory_limit_};
  trials_ = std::make_unique<PredictedTrials>(train, *further_, *encoder_, settings, run_);
  run_.say(concat(count, " predicted trials beside ", train.count(), " real ones: mean R2 of the ",
                  "encoding model ", rounded(at::nanmean(encoder_->r2()).item<double>()),
                  ", noise as of a mean of ", number_text(rounded(options_.average)), " x ",
                  number_text(options_.noise)));
}

const SampleSource& PredictedTraining::source() const {
  if (trials_ == nullptr) return train_;
  return *trials_;
}

std::optional<PretrainedWeights> PredictedTraining::pretrained() const {
  if (encoder_ == nullptr || !encoder_->reads_network()) return {};
  return pretrained_weights("squeezenet", run_.weights());
}

std::unique_ptr<FurtherImages> PredictedTraining::further_images(const SampleSource& samples,
                                                                 int64_t count,
                                                                 const OtherStimuli& others,
                                                                 const RunContext& run) const {
  if (options_.images.empty()) {
    return std::make_unique<VariedSamples>(samples, count, options_.variation, run);
  }
  return std::make_unique<FolderCrops>(options_.images, count, samples.image_size(),
                                       samples.channels(), options_.variation, others, run);
}

int64_t PredictedTraining::chosen_count(const SampleSource& train, const OtherStimuli& others) {
  const auto photographs = train.photographs();
  const auto fold = grouped_folds(photographs, kChoiceFolds, run_.generator("predicted or not"));
  std::vector<int64_t> learned, left;
  OtherStimuli hidden = others;
  for (size_t i = 0; i < fold.size(); ++i) {
    (fold[i] == 0 ? left : learned).push_back(static_cast<int64_t>(i));
    if (fold[i] == 0) hidden.hide(photographs[i]);
  }
  const SourceRows inner(train, learned), held(train, left);
  const auto quiet = run_.with(nullptr);
  EncodingModel encoder(options_.encoding, sensors_, run_);
  encoder.fit(inner, quiet);
  const auto names = held.photographs();
  const double r2 = at::nanmean(encoder.r2()).item<double>();
  card_["tried_r2"] = json_number(r2);
  if (!(r2 > kLeastR2)) {
    run_.say(concat("the encoding model explains nothing (R2 ", rounded(r2),
                    " on held-out photographs): predicted trials do not help, none is used"));
    return 0;
  }
  const auto without = linear_scores(inner, held, quiet);
  card_["tried"] = json::array();
  card_["tried"].push_back(
      {{"trials", 0}, {"held_out_correlation", without.mean().item<double>()}});
  int64_t chosen = 0;
  double best = 0;
  for (const int64_t count : {options_.trials / 4, options_.trials}) {
    if (count == 0) continue;
    // As noisy, times the factor asked for, as the trials they are judged on.
    const auto further = further_images(inner, count, hidden, quiet);
    const PredictedTrials more(inner, *further, encoder,
                               {count, averaged_by(held), options_.noise, memory_limit_}, quiet);
    const auto scores = linear_scores(more, held, quiet);
    const auto gain = PairedGain::of(scores, without, names);
    card_["tried"].push_back({{"trials", count},
                              {"held_out_correlation", scores.mean().item<double>()},
                              {"gain", gain.mean},
                              {"standard_error", gain.error}});
    if (!gain.convincing() || gain.mean <= best) continue;
    best = gain.mean;
    chosen = count;
  }
  run_.say(chosen == 0
               ? concat("predicted trials do not help on held-out photographs: none of ",
                        options_.trials, " is used")
               : concat("predicted trials: ", chosen, " of ", options_.trials,
                        " help most on held-out photographs (correlation + ", rounded(best), ")"));
  return chosen;
}

}  // namespace afterimage
