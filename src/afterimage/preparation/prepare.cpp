#include "afterimage/preparation/prepare.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/preparation/pipeline.h"
#include "afterimage/preparation/truth.h"
#include "afterimage/recordings/bins.h"

namespace afterimage {
namespace {

/// The trials of the result: of which trials of the pipeline each is the mean.
using Groups = std::vector<std::vector<int64_t>>;

Groups output_trials(const RecordingInfo& info, const std::vector<int64_t>& valid,
                     const std::string& average) {
  Groups groups;
  std::map<std::pair<std::string, int64_t>, size_t> group_of;  // (split, stimulus)
  for (const int64_t trial : valid) {
    const auto t = static_cast<size_t>(trial);
    const std::string& split = info.trials.split[t];
    if (average == "all" || (average == "test" && split == "test")) {
      const auto [found, added] =
          group_of.try_emplace({split, info.trials.stimulus[t]}, groups.size());
      if (!added) {
        groups[found->second].push_back(trial);
        continue;
      }
    }
    groups.push_back({trial});
  }
  return groups;
}

Trials trials_of(const Trials& trials, const Groups& groups) {
  Trials out;
  for (const auto& group : groups) {
    const auto t = static_cast<size_t>(group[0]);
    out.stimulus.push_back(trials.stimulus[t]);
    out.repeat.push_back(group.size() > 1 ? 0 : trials.repeat[t]);
    out.block.push_back(trials.block[t]);
    out.split.push_back(trials.split[t]);
  }
  return out;
}

void stop_if_cancelled(const RunContext& run) {
  run.stop_if_cancelled("stopped; nothing was written");
}

void write_images(const Recording& from, const ImagePreparation& images, RecordingWriter& writer,
                  const RunContext& run) {
  const RecordingInfo& info = from.info();
  const int64_t bytes =
      3 * 8 * std::max(info.height * info.width, images.height() * images.width());
  Progress progress(run, "images", info.stimuli(), "image");
  for_batches(all_rows(info.stimuli()), rows_per_batch(bytes),
              [&](int64_t, const std::vector<int64_t>& rows) {
                stop_if_cancelled(run);
                writer.append_images(images.apply(from.images(rows).narrow(1, 0, info.channels)));
                progress.advance(static_cast<int64_t>(rows.size()));
              });
}

void write_responses(const ResponseReader& read, const Groups& groups,
                     const std::vector<int64_t>& sensors, RecordingWriter& writer,
                     const RunContext& run) {
  const at::Tensor kept = at::tensor(sensors, at::kLong);
  Progress progress(run, "trials", static_cast<int64_t>(groups.size()), "trial");
  const auto limit = static_cast<size_t>(rows_per_batch(2 * read.bytes_per_row));
  for (size_t first = 0; first < groups.size();) {
    stop_if_cancelled(run);
    std::vector<int64_t> rows, sizes;
    size_t last = first;
    for (; last < groups.size() && (last == first || rows.size() + groups[last].size() <= limit);
         ++last) {
      rows.insert(rows.end(), groups[last].begin(), groups[last].end());
      sizes.push_back(static_cast<int64_t>(groups[last].size()));
    }
    at::Tensor values = read(rows).index_select(1, kept);
    if (rows.size() != sizes.size()) {
      std::vector<at::Tensor> means;
      for (const auto& part : values.split_with_sizes(sizes)) means.push_back(part.mean(0));
      values = at::stack(means);
    }
    writer.append_responses(values);
    progress.advance(static_cast<int64_t>(last - first));
    first = last;
  }
}

std::vector<double> numbers(const at::Tensor& values) {
  const at::Tensor whole = values.contiguous();
  return {whole.const_data_ptr<double>(), whole.const_data_ptr<double>() + whole.numel()};
}

/// How many trials one test sample averages: what the noise ceiling is for.
int64_t trials_per_test(const RecordingInfo& info, const std::vector<int64_t>& valid) {
  std::map<int64_t, int64_t> count;
  for (const int64_t trial : valid) {
    const auto t = static_cast<size_t>(trial);
    if (info.trials.split[t] == "test") ++count[info.trials.stimulus[t]];
  }
  int64_t fewest = 0;
  for (const auto& [stimulus, n] : count) fewest = fewest == 0 ? n : std::min(fewest, n);
  return std::max<int64_t>(1, fewest);
}

void measure(const PrepareOptions& options, const ResponseReader& read,
             const std::vector<int64_t>& valid, const RunContext& run, RecordingInfo& info,
             ImportReport& report, const std::string& where) {
  std::map<int64_t, std::vector<int64_t>> shown;
  for (const int64_t trial : valid) {
    const auto t = static_cast<size_t>(trial);
    if (info.trials.split[t] == options.reliability)
      shown[info.trials.stimulus[t]].push_back(trial);
  }
  Groups groups;
  for (auto& [stimulus, trials] : shown) groups.push_back(std::move(trials));
  const auto found =
      measure_repeatability(read, groups, options.halves, run.generator("split halves"), where);
  const int64_t trials =
      options.ceiling_trials > 0 ? options.ceiling_trials : trials_per_test(info, valid);
  info.sensors.measures["split_half"] = numbers(found.split_half);
  info.sensors.measures["single_trial"] = numbers(found.single_trial);
  const bool single = options.sensors.reliability_kind == "single-trial";
  info.sensors.reliability = numbers(single ? found.single_trial : found.split_half);
  info.sensors.measures["oracle"] = numbers(found.oracle);
  info.sensors.measures["snr"] = numbers(found.snr);
  info.sensors.measures["noise_ceiling"] = numbers(noise_ceiling(found.snr, trials));
  report.notes.push_back(concat("reliability: from ", found.stimuli, " stimuli of '",
                                options.reliability, "' shown ", found.fewest, " to ", found.most,
                                " times, ", single ? "single-trial" : "split-half",
                                "; noise ceiling for the mean of ", trials, " trials"));
}

void add_transductive(nlohmann::json& provenance, const nlohmann::json& before,
                      const std::vector<std::string>& texts) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& text : transductive(before)) list.push_back(text);
  for (const auto& text : texts) list.push_back(text);
  if (list.empty()) return;
  if (!provenance.is_object()) provenance = nlohmann::json::object();
  provenance["transductive"] = list;
}

}  // namespace

Options PrepareOptions::options() {
  Options own = {
      Option("detrend", detrend, "degree of the drift taken out of each block (0: none)")
          .range(0, 5),
      Option("baseline", baseline,
             "window before the stimulus whose mean is taken away, such as -100-0 [ms]; or none"),
      Option("windows", windows,
             "time windows [ms]: all (keep the bins), single, five, authors, or your own, such as "
             "25-125, 0-50|50-100 or V1:0-133,V4:33-166"),
      Option("delays", delays,
             "bins from later trials of the block, for films: 4,5,6 pairs a frame with what "
             "follows 4, 5 and 6 frames later")
          .range(0, 1000),
      Option("zscore", zscore,
             "standardise with the training trials of each block, or of all; test-day: with each "
             "block's test trials, as TVSD's authors did")
          .one_of({"none", "all", "block", "test-day"}),
      Option("reliability", reliability,
             "measure reliability (both kinds), oracle, SNR and noise ceiling on the repeats of a "
             "split; keep: leave what the recording has")
          .one_of({"keep", "train", "test"}),
      Option("halves", halves, "random halves that the split-half reliability averages")
          .range(1, 10000),
      Option("ceiling_trials", ceiling_trials,
             "trials averaged, for the noise ceiling (0: as many as the test has)")
          .range(0, 1000),
  };
  const Options last = {
      Option("average", average, "average the repeats of a stimulus: none, test or all")
          .one_of({"none", "test", "all"})};
  return splits.options() + own + sensors.options() + last + images.options();
}

bool PrepareOptions::any() const {
  PrepareOptions given = *this, standard;
  return to_json(given.options()) != to_json(standard.options());
}

ImportReport prepare(const Recording& from, PrepareOptions options,
                     const std::filesystem::path& out, bool force, const RunContext& run,
                     nlohmann::json provenance) {
  const std::string where = from.path().string();
  check_options(options.options(), where);
  ImportReport report;
  std::vector<std::string> transductive;
  RecordingInfo info = from.info();
  divide(from, options.splits, run, info, report);

  Pipeline pipeline(from, info.trials, options, transductive, report);
  if (options.reliability != "keep") {
    const auto after = bins_after_onset(pipeline.bins());
    const ResponseReader read{[&](const std::vector<int64_t>& trials) {
                                return select_bins(pipeline.reader()(trials), after);
                              },
                              pipeline.reader().bytes_per_row};
    measure(options, read, pipeline.trials(), run, info, report, where);
    auto& kind = options.sensors.reliability_kind;
    if (kind == "recorded") kind = "split-half";  // that is what it was measured as
  }
  const auto kept = options.sensors.apply(info.sensors, report, where);
  if (options.reliability == "test" && options.sensors.uses_measures()) {
    transductive.push_back("sensors were chosen by measures of the test trials");
  }
  const Groups groups = output_trials(info, pipeline.trials(), options.average);
  if (groups.size() != pipeline.trials().size()) {
    report.notes.push_back(
        concat("averaged ", pipeline.trials().size(), " trials to ", groups.size()));
  }

  const ImagePreparation images(options.images, info, where);
  images.move_fields(info);
  info.sensors = info.sensors.select(kept);
  info.trials = trials_of(info.trials, groups);
  info.bins = pipeline.bins();
  add_transductive(provenance, info.provenance, transductive);
  info.provenance = with_report(std::move(provenance), report);
  for (const auto& text : transductive) report.notes.push_back("looks at test data: " + text);

  RecordingWriter writer(out, info, force);
  write_images(from, images, writer, run);
  write_responses(pipeline.reader(), groups, kept, writer, run);
  copy_truth(from, kept, pipeline, groups.size() == from.info().trials.stimulus.size(),
             options.images.any(), writer);
  writer.finish();
  return report;
}

}  // namespace afterimage
