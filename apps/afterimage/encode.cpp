#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "afterimage/analysis/encoding_result.h"
#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/encoding/encoder.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/bins.h"
#include "afterimage/recordings/samples.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string input, out, predict;
  std::string split = "train", test = "test";
  std::vector<std::string> bins;
  int64_t image_size = 64;
  bool average_repeats = false, force = false;
  bool tests = false;  ///< --test was given
  EncodingOptions encoding;

  Options options() {
    return Options{Option("split", split, "trials to fit; with --predict: whose stimuli"),
                   Option("test", test, "other trials to score it on, where there are any"),
                   Option("bins", bins, "time bins, none named: those after stimulus onset"),
                   Option("image_size", image_size, "side of the images it reads")
                       .range(8, 1024)
                       .unit("pixels"),
                   Option("average_repeats", average_repeats,
                          "fit to the means of repeats (noise is then not told from misfit)")} +
           encoding.options();
  }
};

void print_areas(const Table& table) {
  for (const auto& row : table.rows) {
    std::printf("%-8s %5s sensors", shown(row[0]).c_str(), shown(row[1]).c_str());
    for (size_t c = 2; c < row.size(); ++c) {
      const auto value = shown(row[c]);
      std::printf("   %s %s", table.columns[c].c_str(), value.empty() ? "-" : value.c_str());
    }
    std::printf("\n");
  }
}

Samples::Options samples_of(const Arguments& a, const std::string& split,
                            const std::vector<int64_t>& bins) {
  Samples::Options options;
  options.split = split;
  options.bins = bins;
  options.image_size = a.image_size;
  return options;
}

void fit(Arguments a, const Invocation& invocation) {
  const RunContext run = invocation.context();
  const Recording recording(a.input);
  const auto& info = recording.info();
  const std::string where = recording.path().string();
  const auto splits = info.splits();
  const bool tested = std::ranges::find(splits, a.test) != splits.end() && a.test != a.split;
  if (a.tests && !tested) {
    throw Error("--test", concat("there is no split '", a.test, "' beside '", a.split, "'"),
                "There are: " + join(splits));
  }
  Encoder encoder;
  encoder.options = a.encoding;
  encoder.sensors = info.sensors;
  encoder.image_size = a.image_size;
  const auto bins = choose_bins(info.bins, a.bins, "--bins");
  encoder.bins = select_bins(info.bins, bins);
  const auto trials = info.trials_of(a.split, where);
  encoder.normalisation = Normalisation::fit(recording, trials, /*per_block=*/false, bins);
  auto chosen = samples_of(a, a.split, bins);
  chosen.average_repeats = a.average_repeats;
  encoder.model = std::make_unique<EncodingModel>(a.encoding, info.sensors, run);
  encoder.model->fit(Samples(recording, encoder.normalisation, chosen), run);
  std::optional<EncodingScores> test;
  if (tested) {
    const Samples other(recording, encoder.normalisation, samples_of(a, a.test, bins));
    test = EncodingScores::of(*encoder.model, other, run);
  }
  encoder.provenance = on_processor(invocation.provenance(run, to_json(a.options()), {a.input}));
  auto result = encoding_result(*encoder.model, info, test);
  result.provenance = encoder.provenance;
  Output folder(a.out, a.force);
  result.save(folder.path(), /*force=*/true);
  encoder.save(folder.path());
  folder.commit();
  print_areas(result.tables.front());
}

/// Where the images to be predicted come from: a folder, or a split of a recording.
struct Shown {
  RecordingInfo info;                                             // of the predictions
  std::function<at::Tensor(int64_t first, int64_t last)> images;  // (n, 3, H, W) uint8
};

Shown from_folder(const fs::path& folder, int64_t size) {
  const auto paths = image_files(folder);
  Shown shown;
  for (const auto& path : paths) shown.info.stimulus_name.push_back(path.filename().string());
  shown.info.stimulus_source = shown.info.stimulus_name;
  shown.info.height = shown.info.width = size;
  shown.images = [paths, size](int64_t first, int64_t last) {
    std::vector<at::Tensor> images;
    for (int64_t i = first; i < last; ++i) {
      images.push_back(centre_square(read_image(paths[static_cast<size_t>(i)]), size));
    }
    return at::stack(images);
  };
  return shown;
}

Shown from_recording(const std::shared_ptr<Recording>& recording, const std::string& split) {
  const auto& from = recording->info();
  std::set<int64_t> stimuli;
  for (const auto trial : from.trials_of(split, recording->path().string())) {
    stimuli.insert(from.trials.stimulus[static_cast<size_t>(trial)]);
  }
  const std::vector<int64_t> rows(stimuli.begin(), stimuli.end());
  Shown shown;
  for (const auto row : rows) {
    shown.info.stimulus_name.push_back(from.stimulus_name[static_cast<size_t>(row)]);
    shown.info.stimulus_source.push_back(from.stimulus_source[static_cast<size_t>(row)]);
  }
  shown.info.height = from.height;
  shown.info.width = from.width;
  shown.images = [recording, rows](int64_t first, int64_t last) {
    return recording->images({rows.begin() + first, rows.begin() + last});
  };
  return shown;
}

void predict(Arguments a, const Invocation& invocation) {
  const RunContext run = invocation.context();
  const Encoder encoder = Encoder::load(a.input, run);
  Shown shown = fs::is_directory(a.predict)
                    ? from_folder(a.predict, encoder.image_size)
                    : from_recording(std::make_shared<Recording>(a.predict), a.split);
  auto& info = shown.info;
  info.sensors = encoder.sensors;
  info.bins = encoder.bins;
  const int64_t count = info.stimuli();
  info.trials.stimulus = all_rows(count);
  info.trials.repeat.assign(static_cast<size_t>(count), 0);
  info.trials.block.assign(static_cast<size_t>(count), 0);
  info.trials.split.assign(static_cast<size_t>(count), "predicted");
  info.provenance =
      on_processor(invocation.provenance(run, to_json(a.options()), {a.input, a.predict}));
  RecordingWriter writer(a.out, info, a.force);
  const auto in_batches = [&](auto use) {
    for (int64_t first = 0; first < count; first += 64) {
      run.stop_if_cancelled("stopped; nothing was written");
      use(shown.images(first, std::min(first + 64, count)));
    }
  };
  in_batches([&](const at::Tensor& images) { writer.append_images(images); });
  in_batches([&](const at::Tensor& images) {
    const auto size = encoder.image_size;
    writer.append_responses(
        encoder.predict(resize_image(images, size, size).to(at::kFloat).div_(255)).contiguous());
  });
  writer.finish();
  std::printf("responses of %lld sensors to %lld images predicted\n",
              static_cast<long long>(info.sensors.count()), static_cast<long long>(count));
}

}  // namespace

std::function<void()> declare_encode(CLI::App& app, const Invocation& invocation) {
  const auto a = std::make_shared<Arguments>();
  app.add_option(
         "input", a->input,
         "the recording to fit encoding models to; with --predict: the folder of an encoder")
      ->required();
  app.add_option("--out", a->out,
                 "folder of the encoder; with --predict: a recording of the predicted responses")
      ->required();
  app.add_option("--predict", a->predict,
                 "predict the responses to these images: a folder, or a recording");
  add_options(app, a->options());
  add_force(app, a->force);
  return [a, &app, &invocation] {
    check_output(a->out, a->force);
    a->tests = app.count("--test") > 0;
    if (a->predict.empty()) return fit(*a, invocation);
    for (const auto& option : a->options()) {
      if (option.name == "split" || app.count(option_name(option)) == 0) continue;
      throw Error(option_name(option), "says how an encoder is fitted, and --predict uses one",
                  "Leave it out");
    }
    predict(*a, invocation);
  };
}

}  // namespace afterimage
