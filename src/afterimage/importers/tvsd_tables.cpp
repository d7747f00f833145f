#include <ATen/Functions.h>

#include <cmath>
#include <limits>
#include <map>

#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/mat.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/tvsd_parts.h"

// What is known of electrodes and trials.
namespace afterimage::tvsd {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// The ROI of each electrode: the order of V4 and IT differs between the monkeys.
std::string roi_of(const std::string& monkey, int64_t channel) {
  if (channel < 512) return "V1";
  if (monkey == "N") return channel < 768 ? "V4" : "IT";
  return channel < 832 ? "IT" : "V4";
}

/// A quality of each channel: the mean over the other index (pairs of repetitions, days), which
/// may stand first or second.
std::vector<double> per_channel(const hdf5::File& file, const std::string& name) {
  const auto shape = file.shape(name);
  const auto values = file.read<double>(name);
  const bool last = shape.size() == 1 || (shape.size() == 2 && shape[1] == channels);
  const bool first = !last && shape.size() == 2 && shape[0] == channels;
  if ((!first && !last) || values.size() % channels != 0 || values.empty()) {
    throw Error(file.path(), concat("'", name, "' has the shape ", shape_text(shape)),
                "One index must be the 1024 channels");
  }
  const at::Tensor all = at::tensor(values, at::kDouble);
  const at::Tensor grid =
      last ? all.view({-1, channels}) : all.view({channels, -1}).t();  // (other, channel)
  return doubles_of(grid.nanmean(0));
}

void read_measures(const std::filesystem::path& path, Sensors& sensors, ImportReport& report) {
  if (path.empty()) {
    report.notes.push_back("no THINGS_normMUA.mat: reliability, oracle and SNR are unknown");
    return;
  }
  const auto file = hdf5::File::open(path);
  if (file.has("reliab")) {  // of each of the 435 pairs of test trials
    sensors.reliability = sensors.measures["single_trial"] = per_channel(file, "reliab");
  }
  if (file.has("oracle")) sensors.measures["oracle"] = per_channel(file, "oracle");
  if (file.has("SNR_max")) sensors.measures["snr"] = per_channel(file, "SNR_max");
}

/// Pixels on the screen to stimulus coordinates. The middle of the 500 px image lies 100 px right
/// of and below fixation.
void read_fields(const std::filesystem::path& path, const TvsdOptions& options, Sensors& sensors,
                 ImportReport& report) {
  if (path.empty()) {
    report.notes.push_back("no THINGS_RFs.mat: no receptive fields");
    return;
  }
  const MatFile file(path);
  std::map<std::string, std::vector<double>> list;
  for (const char* name : {"all_centrex", "all_centrey", "all_szx", "all_szy"}) {
    list[name] = doubles_of(file.read(name).to(at::kDouble));
    if (static_cast<int64_t>(list[name].size()) != channels) {
      throw Error(path, concat("'", name, "' has ", list[name].size(), " values"),
                  "There must be 1024, one for each electrode");
    }
  }
  const double shift = options.field_origin == "fixation" ? shift_pixels : 0;
  const double down = options.field_y == "up" ? -1 : 1;
  for (size_t i = 0; i < static_cast<size_t>(channels); ++i) {
    const double x = (list["all_centrex"][i] - shift) / display_pixels + 0.5;
    const double y = (down * list["all_centrey"][i] - shift) / display_pixels + 0.5;
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    sensors.x[i] = x;
    sensors.y[i] = y;
    const double size = std::sqrt(list["all_szx"][i] * list["all_szy"][i]) / display_pixels;
    if (std::isfinite(size) && size > 0) sensors.size[i] = size;
  }
  report.fields_hint = "check --field-origin and --field-y";
}

}  // namespace

Sensors read_sensors(const Files& files, const TvsdOptions& options, ImportReport& report) {
  Sensors sensors = plain_sensors(channels, "channel");
  for (int64_t c = 0; c < channels; ++c) {
    sensors.roi[static_cast<size_t>(c)] = roi_of(files.monkey, c);
    sensors.array[static_cast<size_t>(c)] = c / channels_per_array;
  }
  sensors.x.assign(static_cast<size_t>(channels), unknown);
  sensors.y = sensors.size = sensors.reliability = sensors.x;
  read_measures(files.normalised, sensors, report);
  read_fields(files.fields, options, sensors, report);
  return sensors;
}

TrialTable read_trials(const hdf5::File& file, const Stimuli& stimuli, ImportReport& report) {
  const auto shape = file.shape("ALLMUA");
  const int64_t count = shape.size() == 3 ? shape[1] : -1;
  // The rows are trial, train_pic, test_pic, rep, count and day.
  file.require_shape("ALLMAT", {6, count}, {"", "trial"});
  const auto table = file.read<int64_t>("ALLMAT");
  const std::string where = concat(file.path().string(), ", ALLMAT");
  const auto entry = [&](int64_t column, int64_t t) {
    return table[static_cast<size_t>(column * count + t)];
  };
  const auto check = [&](int64_t t, int64_t column, const char* name, int64_t low, int64_t high) {
    const int64_t value = entry(column, t);
    if (value >= low && value <= high) return value;
    throw Error(where, concat(name, " of trial ", t + 1, " is ", value),
                concat("It must be from ", low, " to ", high));
  };
  const auto train = static_cast<int64_t>(stimuli.train.size());
  const auto test = static_cast<int64_t>(stimuli.test.size());
  TrialTable out;
  int64_t neither = 0, missing = 0;
  for (int64_t t = 0; t < count; ++t) {
    const int64_t of_train = check(t, 1, "train_pic", 0, train);
    const int64_t of_test = check(t, 2, "test_pic", 0, test);
    if (of_train > 0 && of_test > 0) {
      throw Error(where, concat("trial ", t + 1, " is in both sets"), "One of them must be 0");
    }
    if (of_train == 0 && of_test == 0) {
      ++neither;
      continue;
    }
    const int64_t row = of_train > 0 ? stimuli.train[static_cast<size_t>(of_train - 1)]
                                     : stimuli.test[static_cast<size_t>(of_test - 1)];
    if (row < 0) {
      ++missing;
      continue;
    }
    constexpr int64_t most = 1 << 20;
    out.row.push_back(t);
    out.trials.stimulus.push_back(row);
    out.trials.repeat.push_back(check(t, 3, "rep", 1, most) - 1);
    out.trials.block.push_back(check(t, 5, "day", 1, most) - 1);
    out.trials.split.push_back(of_train > 0 ? "train" : "test");
  }
  report.note_dropped("trials", neither, "of neither set");
  report.note_dropped("trials", missing, "their images are missing");
  if (out.row.empty()) throw Error(where, "no trial is left");
  return out;
}

}  // namespace afterimage::tvsd
