#include "afterimage/decoders/image_training.h"

#include <ATen/ATen.h>

#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/decoders/state_tensor.h"
#include "afterimage/regression/folds.h"
#include "afterimage/similarity/correlation.h"
#include "afterimage/similarity/ssim.h"

namespace afterimage {
namespace {

constexpr int64_t kBatch = 32;  // held-out samples at a time
constexpr const char* average_prefix = "average.";
constexpr const char* best_prefix = "best.";

}  // namespace

HeldOutRows hold_out(const SampleSource& samples, double share, const RunContext& run) {
  HeldOutRows rows;
  std::vector<int64_t> fold(static_cast<size_t>(samples.count()), 1);
  if (share > 0) {
    fold = grouped_folds(samples.photographs(), std::llround(1 / share),
                         run.generator("validation photographs"));
  }
  for (int64_t i = 0; i < samples.count(); ++i) {
    const bool held_out = fold[static_cast<size_t>(i)] == 0;
    if (!held_out) rows.learned.push_back(i);
    // What was made of a held-out photograph is neither learned from nor judged by.
    if (held_out && i < samples.recorded()) rows.held_out.push_back(i);
  }
  if (share > 0 && (rows.learned.empty() || rows.held_out.empty())) {
    throw Error("training.validation",
                "holds out whole photographs, and there are too few of them in " + samples.where(),
                "Give 0, or a recording with more");
  }
  return rows;
}

ImageTraining::ImageTraining(const Parts& parts, const TrainerOptions& options,
                             const RunContext& run)
    : parts_(parts),
      average_(options.average),
      measures_ssim_(parts.samples.image_size() >= kSsimWindow),
      device_(run.device()) {
  if (parts_.held_out != nullptr && options.measure == "ssim" && !measures_ssim_) {
    throw Error("training.measure", "is ssim, and the images are smaller than its window of 11",
                "Give pixel-correlation");
  }
}

std::map<std::string, double> ImageTraining::step(const std::vector<int64_t>& rows, int64_t number,
                                                  double learning_rate) {
  auto& [decoder, samples, held_out, step, features] = parts_;
  decoder.begin_step(number);
  AdversarialStep::Batch batch;
  batch.targets = samples.images(rows).to(device_).contiguous(at::MemoryFormat::ChannelsLast);
  if (features != nullptr) batch.target_features = features->features(rows, batch.targets);
  const auto responses = samples.responses(rows);
  const auto maps = decoder.maps(responses, decoder.linear_of_training(responses, rows));
  batch.fake = decoder.predicted(maps);  // before the image: with statistics of earlier steps
  batch.image = decoder.image(maps);
  batch.maps = decoder.condition(maps);
  const auto losses = step(batch, learning_rate);
  average_.update(decoder.network_state());
  return losses;
}

std::map<std::string, double> ImageTraining::validate() {
  if (parts_.held_out == nullptr) return {};
  auto& decoder = parts_.decoder;
  const std::string here = "the running mean of the weights";
  TensorMap last;
  if (average_.on()) {
    last = copied(decoder.network_state());
    decoder.load_network(average_.mean(), here);
  }
  const auto found = scores();
  if (average_.on()) decoder.load_network(last, here);
  decoder.set_training(true);
  return found;
}

std::map<std::string, double> ImageTraining::scores() const {
  const auto& samples = *parts_.held_out;
  std::map<std::string, double> sums;
  for (int64_t first = 0; first < samples.count(); first += kBatch) {
    std::vector<int64_t> rows;
    for (int64_t i = first; i < std::min(first + kBatch, samples.count()); ++i) rows.push_back(i);
    const auto made = parts_.decoder.reconstruct(samples.responses(rows));
    const auto truth = samples.images(rows);
    sums["pixel-correlation"] +=
        pearson_of_moments(moments(truth.flatten(1), made.flatten(1))).sum().item<double>();
    if (!measures_ssim_) continue;
    sums["ssim"] += structural_similarity(luminance(truth), luminance(made)).sum().item<double>();
  }
  for (auto& entry : sums) entry.second /= static_cast<double>(samples.count());
  return sums;
}

void ImageTraining::remember() {
  best_ = copied(average_.on() ? average_.mean() : parts_.decoder.network_state());
}

void ImageTraining::settle() {
  if (!best_.empty()) {
    parts_.decoder.load_network(best_, "the best weights");
  } else if (average_.on()) {
    parts_.decoder.load_network(average_.mean(), "the running mean of the weights");
  }
}

TensorMap ImageTraining::training_state() const {
  TensorMap state = parts_.decoder.state();
  add_under(state, "step.", parts_.step.to_tensors());
  add_under(state, average_prefix, average_.to_tensors());
  add_under(state, best_prefix, best_);
  return state;
}

void ImageTraining::restore(const TensorMap& state, const std::string& where) {
  auto& decoder = parts_.decoder;
  decoder.load(state, where);
  parts_.step.restore(state_under(state, "step."), where);
  average_.restore(state_under(state, average_prefix), decoder.network_state(), where);
  best_ = state_under(state, best_prefix);
}

}  // namespace afterimage
