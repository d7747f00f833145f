#include "afterimage/evaluation/checks/counted_metrics.h"

#include "afterimage/evaluation/evidence.h"
#include "afterimage/evaluation/metric.h"

namespace afterimage {

MetricBalance balance(const CheckData& data, size_t decoder, const std::string& other,
                      bool counted) {
  const auto& name = data.decoder(decoder).name;
  MetricBalance result;
  for (const auto& comparison : data.scores().comparisons) {
    const bool turned = comparison.second == name && comparison.first == other;
    if (!turned && (comparison.first != name || comparison.second != other)) continue;
    const auto kind = evidence(data.scores(), comparison);
    if (kind != (counted ? Evidence::independent : Evidence::trained_against)) continue;
    const auto* metric = known_metric(comparison.metric);
    const bool higher = !metric || metric->higher_is_better;
    if (comparison.q >= kFalseDiscoveries) {
      ++result.undecided;
    } else if ((comparison.difference > 0) == (higher != turned)) {
      result.better.push_back(comparison.metric);
    } else {
      result.worse.push_back(comparison.metric);
    }
  }
  return result;
}

}  // namespace afterimage
