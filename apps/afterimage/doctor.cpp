#include <CLI/CLI.hpp>
#include <cstdio>

#include "afterimage/base/data_dir.h"
#include "afterimage/base/error.h"
#include "afterimage/base/system_report.h"
#include "afterimage/command.h"
#include "afterimage/diffusion/find_checkpoint.h"
#include "afterimage/networks/feature_network.h"

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

SystemFact weights_fact(const std::string& network, const std::string& folder) {
  const auto path = find_weights(network, folder);
  if (!path.empty()) return {network + " weights", path.string(), true, {}};
  return {network + " weights", "none: what needs them says so and stops", true,
          "fetch: " + fetch_command(network)};
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
    for (const auto& name : feature_networks()) print(weights_fact(name, run.weights()));
    print_checkpoints(run.weights());
  };
}

}  // namespace afterimage
