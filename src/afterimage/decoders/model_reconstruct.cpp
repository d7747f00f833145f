#include "afterimage/decoders/model.h"

#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <set>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/absent_arrays.h"
#include "afterimage/decoders/controls.h"
#include "afterimage/decoders/model_parts.h"
#include "afterimage/recordings/bins.h"
#include "afterimage/recordings/share.h"
#include "afterimage/recordings/stimulus_hash.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

using Names = std::vector<std::string>;

/// Those of `names` that are not among `others`.
Names without(const Names& names, const Names& others) {
  const std::set<std::string> known(others.begin(), others.end());
  Names rest;
  for (const auto& name : names) {
    if (!known.contains(name)) rest.push_back(name);
  }
  return rest;
}

/// "3 (e1, e2, ...)".
std::string first_of(const Names& names) {
  constexpr size_t most = 3;
  const Names some(names.begin(),
                   names.begin() + std::min(std::ssize(names), std::ptrdiff_t{most}));
  return concat(names.size(), " (", join(some), names.size() > most ? ", ...)" : ")");
}

}  // namespace

void check_same_sensors(const Sensors& expected, const Recording& recording) {
  const Names &model = expected.name, &names = recording.info().sensors.name;
  if (model == names) return;
  const std::string where = recording.path().string();
  const std::string right = "Use the recording the model was trained on, or one of its sensors";
  const Names missing = without(model, names), more = without(names, model);
  if (!missing.empty() || !more.empty()) {
    std::string what;
    if (!missing.empty()) {
      what = concat("lacks ", first_of(missing), " of the model's ", model.size(), " sensors");
    }
    if (!more.empty()) {
      what +=
          concat(what.empty() ? "has " : " and has ", first_of(more), " that the model has not");
    }
    throw Error(where, what, right);
  }
  const auto [ours, theirs] = std::mismatch(model.begin(), model.end(), names.begin());
  throw Error(where,
              concat("has the model's sensors in another order: sensor ", ours - model.begin(),
                     " is '", *theirs, "', the model's '", *ours, "'"),
              right);
}

bool Model::of_a_fold() const {
  if (!card_.is_object()) return false;  // it has not learned yet
  const auto made = card_.value("provenance", json());
  return made.is_object() && made.contains("cross_validation");
}

std::vector<int64_t> Model::trials(const Recording& recording, const std::string& split) const {
  if (split == data_.split && of_a_fold()) {
    auto trials =
        card_.at("provenance").at("cross_validation").at("trials").get<std::vector<int64_t>>();
    for (const auto trial : trials) {
      if (trial < recording.info().trials.count()) continue;
      throw Error(recording.path(),
                  concat("has no trial ", trial, ", which this fold learned from"),
                  "Use the recording that was cross-validated");
    }
    return trials;
  }
  const auto all = recording.info().trials_of(split, recording.path().string());
  if (split != data_.split) return all;
  return share_of_trials(recording.info(), all, data_.fraction, share_seed_);
}

Samples Model::samples(const Recording& recording, const std::string& split, bool average) const {
  return samples(recording, trials(recording, split), average);
}

Samples Model::samples(const Recording& recording, const std::vector<int64_t>& trials,
                       bool average) const {
  return samples(recording, trials, average, data_.memory_limit_mb << 20);
}

Samples Model::samples(const Recording& recording, const std::vector<int64_t>& trials, bool average,
                       int64_t memory_limit) const {
  check_same_sensors(input_.sensors, recording);
  Samples::Options options;
  options.average_repeats = average;
  options.bins = find_bins(recording.info().bins, input_.bins, recording.path().string());
  options.image_size = data_.image_size;
  options.memory_limit = memory_limit;
  options.trials = trials;
  return Samples(recording, normalisation_, options);
}

at::Tensor Model::standardise(const at::Tensor& responses, std::vector<int64_t> blocks) const {
  const int64_t sensors = input_.sensors.count(), bins = std::ssize(input_.bins);
  if (responses.dim() != 3 || responses.size(1) != sensors || responses.size(2) != bins ||
      responses.scalar_type() != at::kFloat) {
    throw Error("responses",
                concat("have the shape ", responses.sizes(), " (", responses.scalar_type(), ")"),
                concat("The model reads float32 of ", sensors, " sensors x ", bins, " bins"));
  }
  if (!at::isfinite(responses).all().item<bool>()) {
    throw Error("responses", "have NaN or infinite values", "Leave that sample out");
  }
  blocks.resize(static_cast<size_t>(responses.size(0)), Normalisation::no_block);
  return normalisation_.apply(responses, blocks);
}

void Model::say_seen(const Recording& recording, const std::vector<int64_t>& stimuli,
                     const RunContext& run) const {
  std::set<int64_t> learned;
  for (const auto trial : trials(recording, data_.split)) {
    learned.insert(recording.info().trials.stimulus.at(static_cast<size_t>(trial)));
  }
  const auto seen = std::count_if(stimuli.begin(), stimuli.end(),
                                  [&](int64_t stimulus) { return learned.contains(stimulus); });
  if (seen == 0) return;
  run.say(concat("this model is a fold of a cross-validation and has learned from ", seen, " of ",
                 stimuli.size(), " images: scores will be too good"));
}

Reconstruction Model::reconstruct(const Recording& recording, const ReconstructOptions& options,
                                  const RunContext& run) {
  const auto tested = trials(recording, options.split);
  const Samples test = samples(recording, tested, options.average_repeats, /*memory_limit=*/0);
  const AbsentArrays absent(*decoder_, options.absent);
  std::vector<std::string> controls = options.controls;
  std::erase(controls, "none");
  Reconstruction result;
  result.name = name_;
  result.decoder = decoder_name_;
  result.split = options.split;
  result.train_split = of_a_fold() ? "cross-validation" : data_.split;
  describe_training(result);
  result.show(recording, test.stimulus(), run);
  if (of_a_fold()) say_seen(recording, test.stimulus(), run);
  result.trials_averaged = test.trials_averaged();
  const ToReconstruct wanted{
      {[&](const std::vector<int64_t>& rows) { return absent.without(test.responses(rows)); },
       2 * test.sensors() * test.bins() * 4},
      all_rows(test.count()),
      numbered_by_first(stimulus_identity(result))};
  result.images = reconstruct_in_batches(*decoder_, wanted, options.batch, run);
  probe(
      result, recording, tested, options.average_repeats,
      [&](const at::Tensor& responses) { return absent.without(responses); }, options.probing,
      options.batch, run, options.encoder);
  if (!controls.empty()) {
    const Samples train = samples(recording, data_.split, data_.average_repeats);
    const ControlCache cache(options.cache ? beside(folder_, ".controls") : fs::path());
    result.controls =
        control_images(controls, *decoder_, decoder_name_, input_, train, wanted, cache, run);
  }
  return result;
}

}  // namespace afterimage
