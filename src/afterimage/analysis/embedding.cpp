#include "afterimage/analysis/embedding.h"

#include <ATen/ATen.h>

#include "afterimage/analysis/conditions.h"
#include "afterimage/analysis/irf_maps.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

/// One kind of inverse receptive field on its map; rows are image by image, array by array.
struct Kind {
  std::string name;
  Tsne found;
  at::Tensor labels;
};

int64_t clusters(const at::Tensor& labels) { return labels.max().item<int64_t>() + 1; }

Chart scatter(const Kind& kind, const std::vector<std::string>& arrays) {
  Chart chart{kind.name,
              concat("t-SNE of ", kind.name, " fields, a colour per array"),
              Chart::Kind::points,
              "",
              "",
              {},
              {}};
  const auto map = kind.found.map.view({-1, std::ssize(arrays), 2});  // (image, array, 2)
  for (size_t h = 0; h < arrays.size(); ++h) {
    Series series{arrays[h], {}, {}};
    for (int64_t i = 0; i < map.size(0); ++i) {
      series.x.push_back(map[i][static_cast<int64_t>(h)][0].item<double>());
      series.y.push_back(map[i][static_cast<int64_t>(h)][1].item<double>());
    }
    chart.series.push_back(series);
  }
  return chart;
}

void add_points(Table& table, const Kind& kind, const std::vector<std::string>& arrays,
                const std::vector<std::string>& images) {
  for (int64_t row = 0; row < kind.labels.numel(); ++row) {
    const auto i = static_cast<size_t>(row);
    table.rows.push_back({kind.name, images[i / arrays.size()], arrays[i % arrays.size()],
                          cell(kind.found.map[row][0].item<double>()),
                          cell(kind.found.map[row][1].item<double>()),
                          std::to_string(kind.labels[row].item<int64_t>())});
  }
}

void add_exemplars(Table& table, const Kind& kind, const std::vector<std::string>& arrays,
                   const std::vector<std::string>& images) {
  for (int64_t c = 0; c < clusters(kind.labels); ++c) {
    const auto members = kind.labels.eq(c).nonzero().squeeze(1);
    const auto points = kind.found.map.index_select(0, members);
    const auto nearest = (points - points.mean(0)).norm(2, {1}).argmin();
    const auto i = static_cast<size_t>(members[nearest.item<int64_t>()].item<int64_t>());
    table.rows.push_back({kind.name, std::to_string(c), std::to_string(members.numel()),
                          images[i / arrays.size()], arrays[i % arrays.size()]});
  }
}

}  // namespace

Fields Embedding::fields() {
  return Fields{Field("split", split_, "trials whose attention is embedded"),
                Field("sweep", sweep_, "values of eps that are counted besides").range(1e-9)} +
         prefixed("tsne", tsne_.fields()) + prefixed("dbscan", dbscan_.fields());
}

AnalysisResult Embedding::analyse(Model& model, const Recording& recording, const RunContext& run) {
  const Conditions test(model, recording, split_, baseline_responses("mean", model, recording),
                        run);
  const IrfMaps maps = inverse_receptive_fields(model, test.responses());
  const auto images = test.stimulus_names(test.count());
  AnalysisResult result;
  result.name = "embedding";
  result.title = "Clusters of inverse receptive fields: " + model.name();
  result.lead =
      concat("t-SNE (perplexity ", cell(tsne_.perplexity), ") and DBSCAN (eps ", cell(dbscan_.eps),
             ") of the fields of ", test.count(), " images x ", maps.arrays.size(),
             " arrays. The numbers of clusters depend on eps: see the "
             "sweep.");
  Table sweep{"sweep", "Clusters and noise by eps", {"fields", "eps", "clusters", "noise"}, {}};
  Table exemplars{"exemplars",
                  "The point nearest to the middle of each cluster",
                  {"fields", "cluster", "points", "image", "array"},
                  {}};
  Table points{
      "points", "Every point of the maps", {"fields", "image", "array", "x", "y", "cluster"}, {}};
  Table quality{"divergence", "What the maps lose", {"fields", "Kullback-Leibler divergence"}, {}};
  for (const auto& [name, fields] :
       {std::pair{"spatial", maps.spatial.flatten(2)}, std::pair{"feature", maps.feature}}) {
    Kind kind{name, tsne(fields.flatten(0, 1), tsne_), {}};
    kind.labels = dbscan(kind.found.map, dbscan_);
    auto values = sweep_;
    values.push_back(dbscan_.eps);
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    for (const double eps : values) {
      const auto labels = dbscan(kind.found.map, {eps, dbscan_.min_samples});
      sweep.rows.push_back({name, cell(eps), std::to_string(clusters(labels)),
                            std::to_string(labels.lt(0).sum().item<int64_t>())});
    }
    quality.rows.push_back({name, cell(kind.found.divergence)});
    result.charts.push_back(scatter(kind, maps.arrays));
    add_exemplars(exemplars, kind, maps.arrays, images);
    add_points(points, kind, maps.arrays, images);
  }
  result.tables = {sweep, quality, exemplars, points};
  return result;
}

}  // namespace afterimage
