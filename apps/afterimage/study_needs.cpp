#include "afterimage/study_needs.h"

#include <cstdio>
#include <set>

#include <nlohmann/json.hpp>

#include "afterimage/networks/feature_network.h"

namespace afterimage {
namespace {

using nlohmann::json;

/// The networks whose weights a training with these settings reads.
std::set<std::string> networks_of(const json& settings) {
  std::set<std::string> networks;
  if (settings.value("objective.perceptual", 0.0) > 0) {
    networks.insert(settings.value("objective.network", ""));
  }
  const auto features = settings.value("likelihood.features", "");
  if (features == "network" || features == "all") networks.insert("squeezenet");
  return networks;
}

/// "50 epochs of batches of 8".
std::string length_of(const json& settings) {
  if (!settings.contains("training.steps")) return "closed form";
  const auto epochs = settings.value("training.epochs", int64_t{0});
  const auto batch = settings.value("training.batch", int64_t{0});
  const auto length = epochs > 0 ? concat(epochs, " epochs")
                                 : concat(settings.value("training.steps", int64_t{0}), " steps");
  return concat(length, " of batches of ", batch);
}

}  // namespace

void say_needs(const StudyPlan& plan, const std::filesystem::path& path, const RunContext& run) {
  const auto& paper = plan.paper;
  std::printf("%s\n", path.stem().string().c_str());
  if (!paper.source.empty()) std::printf("makes        %s\n", paper.source.c_str());
  if (!paper.needs.empty()) std::printf("needs        %s\n", paper.needs.c_str());
  std::printf("trainings    %zu variants x %zu seeds = %zu\n", plan.variants.size(),
              plan.seeds.size(), plan.variants.size() * plan.seeds.size());
  std::set<std::string> networks;
  for (const auto& variant : plan.variants) {
    const json settings = of_variant(variant, path, Model::settings_of);
    networks.merge(networks_of(settings));
    std::printf("  %-24s %s, %s\n", variant.name.c_str(), variant.config.c_str(),
                length_of(settings).c_str());
  }
  for (const auto& metric : paper.metrics) {
    for (const auto& network : feature_networks()) {
      if (metric.starts_with(network + "-")) networks.insert(network);
    }
  }
  for (const auto& network : networks) {
    const auto file = find_weights(network, run.weights());
    std::printf("weights      %s: %s\n", network.c_str(),
                file.empty()
                    ? concat("not at hand; '", fetch_command(network), "' fetches them").c_str()
                    : "at hand");
  }
}

}  // namespace afterimage
