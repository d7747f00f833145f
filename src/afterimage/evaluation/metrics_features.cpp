#include <ATen/ATen.h>

#include <array>

#include "afterimage/base/text.h"
#include "afterimage/evaluation/distribution.h"
#include "afterimage/evaluation/euclidean.h"
#include "afterimage/evaluation/metric.h"
#include "afterimage/networks/network_table.h"
#include "afterimage/similarity/correlation.h"

namespace afterimage {
namespace {

using Layer = NetworkPlan::Layer;

const std::string& title(const NetworkPlan& plan) { return network_entry(plan.network).title; }

std::string place(const NetworkPlan& plan, const Layer& layer) {
  const auto size =
      plan.size > 0 ? concat(" at ", plan.size, " px", plan.bilinear ? " (bilinear)" : "") : "";
  return concat(title(plan), " ", layer.path, size);
}

/// "alexnet-2-identification-2way", "clip-similarity", "kid".
std::string name_of(const NetworkPlan& plan, const Layer& layer, const std::string& what) {
  std::string name;
  for (const auto& part : {plan.prefix, layer.label, what}) {
    if (!part.empty()) name += (name.empty() ? "" : "-") + part;
  }
  return name;
}

std::string label_of(const NetworkPlan& plan, const Layer& layer, const std::string& what) {
  return concat(title(plan), layer.label.empty() ? "" : " ", layer.label, " ", what);
}

std::string source_of(const NetworkPlan& plan, const std::string& otherwise) {
  return plan.source.empty() ? otherwise : plan.source;
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

/// What Brain2Pix calls a layer of AlexNet, whose distances are metrics as well; "" = it has none.
std::string brain2pix_name(const NetworkPlan& plan, const Layer& layer) {
  if (plan.name != "alexnet") return "";
  if (layer.label == "conv2") return "pool2";
  if (layer.label == "conv5") return "pool5";
  return layer.label == "fc6" ? "fc6" : "";
}

Metric correlation_metric(const NetworkPlan& plan, const Layer& layer) {
  const auto theirs = brain2pix_name(plan, layer);
  return {name_of(plan, layer, "correlation"),
          label_of(plan, layer, "correlation"),
          "one Pearson correlation over all images and units of " + place(plan, layer),
          source_of(plan, "after IRFA, Table 2") +
              (theirs.empty() ? "" : "; Brain2Pix, Tables 1, 3, 5 and 7: " + theirs),
          true,
          {},
          with_network(plan,
                       [path = layer.path](const NetworkSummary& summary, const Stimuli& stimuli) {
                         return score_of_moments(summary.layers.at(path).moments, stimuli);
                       })};
}

Metric pattern_metric(const NetworkPlan& plan, const Layer& layer) {
  return {name_of(plan, layer, "pattern"),
          label_of(plan, layer, "pattern correlation"),
          "Pearson correlation over the units of " + place(plan, layer) + ", mean over images",
          "general",
          true,
          {},
          with_network(plan, [path = layer.path](const NetworkSummary& summary,
                                                 const Stimuli& stimuli) {
            return score_of_images(pearson_of_moments(summary.layers.at(path).moments), stimuli);
          })};
}

/// Units that do not vary over the true images have no correlation and are left out; one that does
/// not vary over the reconstructions counts as 0.
Score profile_score(const at::Tensor& moments, const Stimuli& stimuli) {
  if (!stimuli.one_row_each()) {
    return score_not_computed("profile correlation wants one reconstruction of each image");
  }
  if (stimuli.count() < 3) return score_not_computed("it needs three images or more");
  const auto n = moments.select(1, 5), x = moments.select(1, 0), xx = moments.select(1, 2);
  const auto varies = (xx - x.square() / n).gt(kConstant * xx);
  if (!varies.any().item<bool>()) return score_not_computed("no unit varies over the true images");
  Score score;
  score.value = pearson_of_moments(moments).masked_select(varies).mean().item<double>();
  score.columns = at::empty({0, 2}, at::kDouble);  // no mean over images: no interval
  return score;
}

Metric profile_metric(const NetworkPlan& plan, const Layer& layer) {
  return {name_of(plan, layer, "profile"),
          label_of(plan, layer, "profile correlation"),
          "Pearson correlation over images of each unit of " + place(plan, layer) +
              ", mean over the units that vary over the true images",
          "general",
          true,
          {},
          with_network(plan,
                       [path = layer.path](const NetworkSummary& summary, const Stimuli& stimuli) {
                         return profile_score(summary.profiles.at(path), stimuli);
                       })};
}

Metric identification_metric(const NetworkPlan& plan, const Layer& layer) {
  return {name_of(plan, layer, "identification-2way"),
          label_of(plan, layer, "identification, 2-way"),
          "share of other stimuli whose units in " + place(plan, layer) +
              " correlate less with the reconstruction's than its own image's; ties are losses; "
              "mean over images",
          source_of(plan, "after MindEye"),
          true,
          even_chance,
          with_network(
              plan, [path = layer.path](const NetworkSummary& summary, const Stimuli& stimuli) {
                const auto& matrix = summary.layers.at(path).similarity;
                if (stimuli.count() < 2) return score_not_computed("there is one stimulus only");
                return score_of_images(two_way_identification(matrix, stimuli.of_row()), stimuli);
              })};
}

Metric euclidean_metric(const NetworkPlan& plan, const Layer& layer) {
  return {concat(plan.name, "-", layer.label, "-distance"),
          concat(title(plan), " ", layer.label, " distance"),
          "Euclidean distance over the units of " + place(plan, layer) + ", mean over images",
          "Brain2Pix, Tables 2, 4, 6 and 8: " + brain2pix_name(plan, layer),
          false,
          {},
          with_network(plan, [path = layer.path](const NetworkSummary& summary,
                                                 const Stimuli& stimuli) {
            return score_of_images(distance_of_moments(summary.layers.at(path).moments), stimuli);
          })};
}

Metric distance_metric(const NetworkPlan& plan) {
  const bool learned = !plan.learned.empty();
  return {learned ? plan.prefix : plan.prefix + "-lpips-style",
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
  if (metric.name.ends_with("-kid")) return "about 0 (unbiased, so also below) and more";
  if (!metric.higher_is_better) return "0 and more";
  return metric.chance ? "0 to 1" : "-1 to 1";
}

Metric dissimilarity_metric(const NetworkPlan& plan, const Layer& layer) {
  return {name_of(plan, layer, "distance"),
          label_of(plan, layer, "distance"),
          "1 - Pearson correlation over the units of " + place(plan, layer) + ", mean over images",
          source_of(plan, "after MindEye"),
          false,
          {},
          with_network(plan,
                       [path = layer.path](const NetworkSummary& summary, const Stimuli& stimuli) {
                         return score_of_images(
                             1 - pearson_of_moments(summary.layers.at(path).moments), stimuli);
                       })};
}

Metric cosine_metric(const NetworkPlan& plan, const Layer& layer) {
  return {name_of(plan, layer, "similarity"),
          label_of(plan, layer, "similarity"),
          "cosine of the units of " + place(plan, layer) + ", mean over images",
          source_of(plan, "general"),
          true,
          {},
          with_network(
              plan, [path = layer.path](const NetworkSummary& summary, const Stimuli& stimuli) {
                return score_of_images(cosine_of_moments(summary.layers.at(path).moments), stimuli);
              })};
}

/// FID and KID.
std::array<Metric, 2> distribution_metrics(const NetworkPlan& plan, const Layer& layer) {
  const auto metric = [&](const char* name, const char* label, const char* definition,
                          const char* source, auto score) {
    return Metric{
        name_of(plan, layer, name),
        label_of(plan, layer, label),
        concat(definition, place(plan, layer), ", means over space",
               plan.relative ? ", divided by their root mean square over the true images" : ""),
        source_of(plan, source),
        false,
        {},
        with_network(plan, [path = layer.path, relative = plan.relative, score](
                               const NetworkSummary& summary, const Stimuli& stimuli) {
          const auto& units = summary.layers.at(path);
          const double scale = relative ? root_mean_square(units.truth_units) : 1;
          return score(units.truth_units / scale, units.made_units / scale, stimuli);
        })};
  };
  return {metric("fid", "FID",
                 "Frechet distance between the sets of images, whichever belongs to which, over "
                 "the units of ",
                 "after Heusel et al. 2017", frechet_score),
          metric("kid", "KID",
                 "squared maximum mean discrepancy between the sets of images (unbiased, kernel "
                 "(x.y/d + 1)^3) over the units of ",
                 "after Binkowski et al. 2018", kernel_score)};
}

}  // namespace

std::vector<Metric> feature_metrics() {
  std::vector<Metric> metrics;
  for (const auto& plan : network_plans()) {
    const auto before = metrics.size();
    for (const auto& layer : plan.correlation) metrics.push_back(correlation_metric(plan, layer));
    for (const auto& layer : plan.pattern) metrics.push_back(pattern_metric(plan, layer));
    for (auto m = before; m < metrics.size(); ++m) metrics[m].correlation = true;
    for (const auto& layer : plan.pattern) metrics.push_back(profile_metric(plan, layer));
    for (const auto& layer : plan.identification) {
      metrics.push_back(identification_metric(plan, layer));
    }
    for (const auto& layer : plan.correlation) {
      if (!brain2pix_name(plan, layer).empty()) metrics.push_back(euclidean_metric(plan, layer));
    }
    for (const auto& layer : plan.dissimilarity) {
      metrics.push_back(dissimilarity_metric(plan, layer));
    }
    for (const auto& layer : plan.cosine) metrics.push_back(cosine_metric(plan, layer));
    for (const auto& layer : plan.distribution) {
      for (auto& metric : distribution_metrics(plan, layer)) metrics.push_back(std::move(metric));
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
