#include <ATen/ATen.h>

#include "afterimage/base/text.h"
#include "afterimage/evaluation/metric.h"
#include "afterimage/similarity/correlation.h"

namespace afterimage {
namespace {

using Layer = NetworkPlan::Layer;

std::string title(const NetworkPlan& plan) {
  if (plan.network == "squeezenet") return "SqueezeNet";
  if (plan.network == "alexnet") return "AlexNet";
  return "VGG19";
}

std::string place(const NetworkPlan& plan, const Layer& layer) {
  const auto size = plan.size > 0 ? concat(" at ", plan.size, " px") : "";
  return concat(title(plan), " ", layer.path, size);
}

/// A metric of one plan, or the reason why it cannot be computed.
std::function<Score(const ImagePairs&)> with_network(
    const NetworkPlan& plan, std::function<Score(const NetworkSummary&, const Stimuli&)> score) {
  return [name = plan.name, score](const ImagePairs& pairs) {
    const auto missing = pairs.missing(name);
    return missing.empty() ? score(pairs.network(name), pairs.stimuli())
                           : score_not_computed(missing);
  };
}

Metric correlation_metric(const NetworkPlan& plan, const Layer& layer) {
  return {concat(plan.name, "-", layer.label, "-correlation"),
          concat(title(plan), " ", layer.label, " correlation"),
          "one Pearson correlation over all images and units of " + place(plan, layer),
          plan.name == "alexnet" ? "IRFA, Table 2" : "after IRFA, Table 2",
          true,
          {},
          with_network(plan,
                       [path = layer.path](const NetworkSummary& summary, const Stimuli& stimuli) {
                         return score_of_moments(summary.layers.at(path).moments, stimuli);
                       })};
}

Metric pattern_metric(const NetworkPlan& plan, const Layer& layer) {
  return {concat(plan.name, "-", layer.label, "-pattern"),
          concat(title(plan), " ", layer.label, " pattern correlation"),
          "Pearson correlation over the units of " + place(plan, layer) + ", mean over images",
          "general",
          true,
          {},
          with_network(plan, [path = layer.path](const NetworkSummary& summary,
                                                 const Stimuli& stimuli) {
            return score_of_images(pearson_of_moments(summary.layers.at(path).moments), stimuli);
          })};
}

Metric identification_metric(const NetworkPlan& plan, const Layer& layer) {
  return {concat(plan.name, "-", layer.label, "-identification-2way"),
          concat(title(plan), " ", layer.label, " identification, 2-way"),
          "share of other stimuli whose units in " + place(plan, layer) +
              " correlate less with the reconstruction's than its own image's; ties are losses; "
              "mean over images",
          plan.name == "alexnet" ? "MindEye, AlexNet(" + layer.label + ")" : "after MindEye",
          true,
          even_chance,
          with_network(
              plan, [path = layer.path](const NetworkSummary& summary, const Stimuli& stimuli) {
                const auto& matrix = summary.layers.at(path).similarity;
                if (stimuli.count() < 2) return score_not_computed("there is one stimulus only");
                return score_of_images(two_way_identification(matrix, stimuli.of_row()), stimuli);
              })};
}

Metric distance_metric(const NetworkPlan& plan) {
  const bool learned = !plan.learned.empty();
  return {learned ? plan.name : plan.name + "-lpips-style",
          learned ? concat("LPIPS (", title(plan), ")")
                  : concat("LPIPS-style distance (", title(plan), ", unweighted)"),
          concat("squared difference of features of unit length over channels, ",
                 learned ? "weighted as learned (v0.1)" : "without LPIPS's learned weights",
                 ", mean over space, sum over ", join(plan.distance), " of ", title(plan),
                 "; mean over images"),
          learned ? "Zhang et al. 2018" : "after Zhang et al. 2018",
          false,
          {},
          with_network(plan, [](const NetworkSummary& summary, const Stimuli& stimuli) {
            return score_of_images(summary.distance, stimuli);
          })};
}

std::string range_of(const Metric& metric) {
  if (!metric.higher_is_better) return "0 and more";
  return metric.chance ? "0 to 1" : "-1 to 1";
}

}  // namespace

std::vector<Metric> feature_metrics() {
  std::vector<Metric> metrics;
  for (const auto& plan : network_plans()) {
    const auto before = metrics.size();
    for (const auto& layer : plan.correlation) metrics.push_back(correlation_metric(plan, layer));
    for (const auto& layer : plan.pattern) metrics.push_back(pattern_metric(plan, layer));
    for (const auto& layer : plan.identification) {
      metrics.push_back(identification_metric(plan, layer));
    }
    if (!plan.distance.empty()) metrics.push_back(distance_metric(plan));
    for (auto m = before; m < metrics.size(); ++m) {
      metrics[m].network = plan.network;
      metrics[m].range = range_of(metrics[m]);
    }
  }
  return metrics;
}

}  // namespace afterimage
