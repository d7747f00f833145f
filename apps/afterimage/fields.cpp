#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/table.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/fields/field_method.h"
#include "afterimage/fields/mapping.h"
#include "afterimage/report/field_plots.h"

namespace afterimage {
namespace {

struct Arguments {
  std::string recording, out, method = "prf", plot;
  std::vector<std::string> settings;
  FieldDataOptions data;
  MappingOptions mapping;
  bool force = false;
};

/// "key=value" for the options of the method.
void apply(const std::vector<std::string>& settings, Options options, const std::string& method) {
  for (const auto& setting : settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos) {
      throw Error("--set " + setting, "has no '='", "Write it as key=value");
    }
    auto& option = find_option(options, setting.substr(0, equals), "method '" + method + "'");
    set_option(option, setting.substr(equals + 1), "--set " + option.name);
  }
}

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return std::isfinite(value) ? text : "-";
}

void print(const MappingReport& report) {
  for (const auto& roi : report.rois) {
    std::printf("%-10s %lld of %lld mapped, median R2 %s, median size %s\n",
                roi.name.empty() ? "no ROI" : roi.name.c_str(), static_cast<long long>(roi.mapped),
                static_cast<long long>(roi.sensors), rounded(roi.median_r2).c_str(),
                rounded(roi.median_size).c_str());
  }
  if (report.oriented > 0) {
    std::printf("oriented   %lld mapped as Gabors: their size is that of the envelope\n",
                static_cast<long long>(report.oriented));
  }
  for (const auto& entry : report.unmapped) {
    std::printf("unmapped   %lld: %s\n", static_cast<long long>(entry.count), entry.reason.c_str());
  }
}

void estimate(const Arguments& a, const Invocation& invocation) {
  const auto& entry = find_entry(field_method_table(), a.method, "method", "--method");
  const auto method = entry.make();
  apply(a.settings, method->options(), a.method);
  const RunContext run = invocation.context();
  check_output(a.out, a.force);
  if (!a.plot.empty()) check_output(a.plot, a.force);
  const Recording recording(a.recording);
  const auto data = read_field_data(recording, a.data, run);
  RecordingInfo info = recording.info();
  const auto found = method->estimate(data, info.sensors.roi, run);
  const auto report = map_sensors(found, data.varies, a.mapping, info.sensors);

  Arguments options = a;
  auto chosen = to_json(options.data.options() + options.mapping.options() + method->options());
  chosen["method"] = a.method;
  auto provenance = on_processor(invocation.provenance(run, chosen, {a.recording}));
  provenance["receptive_fields"] = report.to_json();
  provenance["receptive_fields"]["method"] = a.method;
  provenance["receptive_fields"]["source"] = entry.source;
  provenance["receptive_fields"]["stimuli"] = data.count();
  provenance["recording"] = recording.info().provenance;
  if (info.provenance.is_object() && info.provenance.contains("simulation")) {
    provenance["simulation"] = info.provenance["simulation"];
  }
  info.provenance = provenance;
  copy_recording(recording, info, a.out, a.force);
  print(report);
  if (a.plot.empty()) return;
  if (std::ranges::all_of(report.rois, [](const auto& roi) { return roi.mapped == 0; })) {
    return run.say("no sensor is mapped: nothing to plot");
  }
  write_field_plots(info, a.plot, a.force);
}

}  // namespace

std::function<void()> declare_fields(CLI::App& app, const Invocation& invocation) {
  const auto a = std::make_shared<Arguments>();
  app.add_option("recording", a->recording, "the recording whose sensors are to be mapped")
      ->required();
  app.add_option("--out", a->out, "the recording with receptive fields (HDF5)")->required();
  app.add_option("--method", a->method, "how ('afterimage list fields')");
  add_settings(app, a->settings, "an option of the method (docs/fields.md), as key=value");
  app.add_option("--plot", a->plot, "folder for a map of each area and field sizes (SVG)");
  add_options(app, a->data.options() + a->mapping.options());
  add_force(app, a->force);
  return [a, &invocation] { estimate(*a, invocation); };
}

}  // namespace afterimage
