#include <CLI/CLI.hpp>
#include <cstdio>

#include "afterimage/base/data_dir.h"
#include "afterimage/base/error.h"
#include "afterimage/base/system_report.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/diffusion/find_checkpoint.h"
#include "afterimage/networks/network_table.h"

namespace afterimage {
namespace {

void print(const SystemFact& fact) {
  std::printf("%-4s %-26s %s\n", fact.good ? "ok" : "!!", fact.name.c_str(), fact.value.c_str());
  if (!fact.advice.empty()) std::printf("     %-26s %s\n", "", fact.advice.c_str());
}

SystemFact data_fact() {
  try {
    return {"data folder", data_dir().string(), true, {}};
  } catch (const Error& error) {
    return {"data folder", "missing", false, error.what()};
  }
}

/// Whether a network's weights are there and are what their name says; else how to get them.
SystemFact weights_fact(const NetworkEntry& entry, const std::string& folder) {
  const std::string name = entry.name + " weights";
  const auto path = find_weights(entry.name, folder);
  if (path.empty()) {
    return {name, "none: what needs them says so and stops", true,
            concat(entry.weights, " (licence ", entry.licence, "); fetch: ", entry.fetch)};
  }
  try {
    check_weight_hash(path);
  } catch (const Error& error) {
    return {name, path.string(), false, error.what()};
  }
  return {name, concat(path.string(), " (licence ", entry.licence, ")"), true, {}};
}

void print_checkpoints(const std::string& folder) {
  const auto found = diffusion::find_checkpoints(folder);
  for (const auto& path : found) print({"Stable Diffusion", path.string(), true, {}});
  if (found.empty()) {
    print({"Stable Diffusion", "none: what needs it says so and stops", true,
           diffusion::fetch_checkpoint});
  }
}

}  // namespace

std::function<void()> declare_doctor(CLI::App&, const Invocation& invocation) {
  return [&invocation] {
    const RunContext run = invocation.context();
    for (const auto& fact : system_report(run)) print(fact);
    print(data_fact());
    for (const auto& entry : network_table()) print(weights_fact(entry, run.weights()));
    print_checkpoints(run.weights());
  };
}

}  // namespace afterimage
