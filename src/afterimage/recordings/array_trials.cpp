#include "afterimage/recordings/array_trials.h"

#include <ATen/ATen.h>

#include "afterimage/base/error.h"
#include "afterimage/base/rows.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"

namespace afterimage {
namespace {

at::Tensor rows_of(const at::Tensor& values, const std::vector<int64_t>& rows) {
  return values.index_select(0, at::tensor(rows, at::kLong));
}

std::string shape_of(const at::Tensor& tensor) {
  return concat("have the shape ", tensor.sizes(), " (", tensor.scalar_type(), ")");
}

void check_length(const char* what, size_t found, int64_t expected, const char* of) {
  if (static_cast<int64_t>(found) == expected) return;
  throw Error(what, concat("has ", found, " entries for ", expected, " ", of),
              concat("Give one for each of the ", of));
}

void check_range(const at::Tensor& images) {
  for (const auto& some : images.split(256)) {  // no copy of all
    const auto [low, high] = some.aminmax();
    if (low.item<double>() >= 0 && high.item<double>() <= 1) continue;
    throw Error("images",
                concat("are floating and have values from ", low.item<double>(), " to ",
                       high.item<double>()),
                "Give them as uint8 from 0 to 255, or floating from 0 to 1");
  }
}

}  // namespace

void TrialArrays::check() const {
  if (responses.dim() != 3 || responses.numel() == 0 || responses.is_complex()) {
    throw Error("responses", shape_of(responses), "Give (trial, sensor, bin) numbers");
  }
  const bool bytes = images.scalar_type() == at::kByte;
  if (images.dim() != 4 || images.size(1) != 3 || (!bytes && !images.is_floating_point())) {
    throw Error("images", shape_of(images), "Give (stimulus, 3, y, x), uint8 or floating");
  }
  const auto trials = responses.size(0), stimuli = images.size(0);
  check_length("stimulus", stimulus.size(), trials, "trials");
  if (!block.empty()) check_length("block", block.size(), trials, "trials");
  if (!source.empty()) check_length("source", source.size(), stimuli, "stimuli");
  check_length("bins", bins.size(), responses.size(2), "bins of the responses");
  for (size_t i = 0; i < stimulus.size(); ++i) {
    if (stimulus[i] >= 0 && stimulus[i] < stimuli) continue;
    throw Error("stimulus", concat("trial ", i, " shows ", stimulus[i], ", and there are ", stimuli,
                                   " images (0 to ", stimuli - 1, ")"));
  }
  if (!bytes) check_range(images);
}

at::Tensor TrialArrays::read_responses(const std::vector<int64_t>& trials,
                                       const std::vector<int64_t>& bin_rows) const {
  const auto part =
      rows_of(responses, trials).index_select(2, at::tensor(bin_rows, at::kLong)).to(at::kFloat);
  const auto wrong = at::isfinite(part).logical_not();
  if (wrong.any().item<bool>()) {
    const auto first = wrong.nonzero()[0];
    throw Error("responses",
                concat("trial ", trials[static_cast<size_t>(first[0].item<int64_t>())], ", sensor ",
                       first[1].item<int64_t>(), " is NaN or infinite"),
                "Leave such trials or sensors out");
  }
  return part;
}

ArrayTrials::ArrayTrials(const TrialArrays& arrays, std::vector<int64_t> trials,
                         std::vector<int64_t> bin_rows, Normalisation normalisation,
                         int64_t image_size)
    : arrays_(arrays),
      trials_(std::move(trials)),
      bin_rows_(std::move(bin_rows)),
      stimulus_(picked(arrays.stimulus, trials_)),
      trials_averaged_(trials_.size(), 1),
      normalisation_(std::move(normalisation)),
      image_size_(image_size) {}

std::vector<std::string> ArrayTrials::photographs() const {
  std::vector<std::string> names;
  for (const int64_t number : stimulus_) {
    names.push_back(arrays_.source.empty() ? std::to_string(number)
                                           : arrays_.source[static_cast<size_t>(number)]);
  }
  return names;
}

at::Tensor ArrayTrials::responses(const std::vector<int64_t>& rows) const {
  const auto trials = picked(trials_, rows);
  std::vector<int64_t> blocks(trials.size(), Normalisation::no_block);
  if (!arrays_.block.empty()) blocks = picked(arrays_.block, trials);
  return normalisation_.apply(arrays_.read_responses(trials, bin_rows_), blocks);
}

at::Tensor ArrayTrials::images(const std::vector<int64_t>& rows) const {
  at::Tensor images = as_bytes(rows_of(arrays_.images, picked(stimulus_, rows)));
  if (images.size(2) != image_size_ || images.size(3) != image_size_) {
    images = resize_image(images, image_size_, image_size_);
  }
  return images.to(at::kFloat).div_(255);
}

}  // namespace afterimage
