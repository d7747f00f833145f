#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "afterimage/analysis/analysis.h"
#include "afterimage/base/config.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/decoders/model.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/metric.h"
#include "afterimage/fields/field_method.h"
#include "afterimage/importers/importer.h"
#include "afterimage/networks/feature_network.h"
#include "afterimage/projections/projection.h"

namespace afterimage {
namespace {

void line(const std::string& name, const std::string& what, const std::string& source = {}) {
  std::printf("%-34s %s%s\n", name.c_str(), what.c_str(),
              source.empty() ? "" : (" (" + source + ")").c_str());
}

/// Every kind of decoder, and which configurations `train` takes for it.
void list_decoders() {
  for (const auto& entry : decoder_table()) {
    line(entry.name, entry.summary, entry.source);
    line("", "train " + join(configs_of(entry.name)));
  }
}

void list_configs() {
  for (const auto& name : shipped_configs()) {
    line(name, Config::read(find_config(name)).text("summary"));
  }
}

void list_metrics() {
  for (const auto& metric : metric_table()) {
    line(metric.name, metric.definition, metric.source);
    line("", concat(metric.range, metric.higher_is_better ? ", higher" : ", lower", " is better; ",
                    metric.network.empty() ? "needs no weights" : "weights of " + metric.network));
  }
}

void list_studies() {
  for (const auto& name : shipped_configs("configs/studies")) {
    line(name, Config::read(find_config(name, "configs/studies")).text("summary"));
  }
}

void list_commands(bool json) {
  if (json) {
    std::printf("%s\n", describe_commands().dump(1).c_str());
    return;
  }
  for (const auto& command : command_table()) line(command.name, command.summary);
}

void list_networks(const std::string& folder) {
  for (const auto& name : feature_networks()) {
    const auto path = find_weights(name, folder);
    line(name, path.empty() ? "no weights; fetch them: " + fetch_command(name) : path.string());
  }
}

}  // namespace

std::function<void()> declare_list(CLI::App& app, const Invocation& invocation) {
  const auto what = std::make_shared<std::string>();
  app.add_option("what", *what,
                 "decoders, projections, metrics, checks, analyses, configs, studies, importers, "
                 "fields, networks or commands")
      ->required()
      ->check(CLI::IsMember({"decoders", "projections", "metrics", "checks", "analyses", "configs",
                             "studies", "importers", "fields", "networks", "commands"}));
  const auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "commands with all their arguments, for other programs");
  return [what, json, &invocation] {
    if (*json && *what != "commands") {
      throw Error("--json", "goes with commands", "Say 'afterimage list commands --json'");
    }
    if (*what == "decoders") {
      list_decoders();
    } else if (*what == "projections") {
      for (const auto& entry : projection_table()) line(entry.name, entry.summary, entry.source);
    } else if (*what == "metrics") {
      list_metrics();
    } else if (*what == "checks") {
      for (const auto& check : check_table()) {
        line(check.name, check.catches, check.source);
        line("", "misses: " + check.misses);
      }
    } else if (*what == "analyses") {
      for (const auto& entry : analysis_table()) line(entry.name, entry.summary, entry.source);
    } else if (*what == "importers") {
      for (const auto& entry : importer_table()) line(entry.name, entry.summary, entry.source);
    } else if (*what == "fields") {
      for (const auto& entry : field_method_table()) line(entry.name, entry.summary, entry.source);
    } else if (*what == "configs") {
      list_configs();
    } else if (*what == "studies") {
      list_studies();
    } else if (*what == "commands") {
      list_commands(*json);
    } else {
      list_networks(invocation.run.weights);
    }
  };
}

}  // namespace afterimage
