#include "afterimage/analysis/embedding.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/analysis/agreement.h"
#include "afterimage/analysis/conditions.h"
#include "afterimage/analysis/exemplars.h"
#include "afterimage/analysis/irf_maps.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"

namespace afterimage {
namespace {

/// One map of a kind of field. Rows are image by image, array by array.
struct ClusteredMap {
  std::string start;
  Tsne found;
  at::Tensor labels;
};

/// One kind of field: its map from principal components, then those from random starts.
struct Kind {
  std::string name;
  std::vector<ClusteredMap> maps;
};

int64_t count_clusters(const at::Tensor& labels) { return labels.max().item<int64_t>() + 1; }
int64_t count_noise(const at::Tensor& labels) { return labels.lt(0).sum().item<int64_t>(); }

Kind embed(const std::string& name, const at::Tensor& rows, const TsneOptions& options,
           const DbscanOptions& dbscan_options, int64_t seeds, const RunContext& run) {
  const auto p = tsne_affinities(rows, options);
  Kind kind{name, {}};
  const auto add = [&](const std::string& start, const at::Tensor& from) {
    run.say(concat("map of ", name, " fields, start ", start));
    const Tsne found = tsne(p, from, options, run);
    kind.maps.push_back({start, found, dbscan(found.map, dbscan_options)});
  };
  add("principal components", principal_start(rows));
  for (int64_t seed = 1; seed <= seeds; ++seed) {
    add(concat("random ", seed),
        random_start(rows.size(0), run.generator(concat("t-SNE start ", seed))));
  }
  return kind;
}

PointMap point_map(const Kind& kind, const PointNames& names) {
  const auto& first = kind.maps.front();
  PointMap map{kind.name, concat("t-SNE of ", kind.name, " fields"), {}, {}, {}, {}};
  Colouring array{"array", names.arrays, {}}, cluster{"cluster", {}, {}};
  for (int64_t c = 0; c < count_clusters(first.labels); ++c) {
    cluster.labels.push_back(concat("cluster ", c));
  }
  for (int64_t i = 0; i < first.labels.numel(); ++i) {
    map.x.push_back(first.found.map[i][0].item<double>());
    map.y.push_back(first.found.map[i][1].item<double>());
    map.image.push_back(static_cast<int64_t>(names.image(i)));
    array.group.push_back(static_cast<int64_t>(names.array(i)));
    cluster.group.push_back(first.labels[i].item<int64_t>());
  }
  map.colourings = {array, cluster};
  return map;
}

void add_points(Table& table, const Kind& kind, const PointNames& names) {
  const auto& first = kind.maps.front();
  for (int64_t i = 0; i < first.labels.numel(); ++i) {
    table.rows.push_back({kind.name, names.images[names.image(i)], names.arrays[names.array(i)],
                          first.found.map[i][0].item<double>(),
                          first.found.map[i][1].item<double>(), first.labels[i].item<int64_t>()});
  }
}

void add_exemplars(Table& table, const Kind& kind, const std::vector<Cluster>& clusters,
                   const PointNames& names) {
  for (const auto& cluster : clusters) {
    const int64_t nearest = cluster.points.front();
    table.rows.push_back({kind.name, cluster.label, std::ssize(cluster.points),
                          names.images[names.image(nearest)], names.arrays[names.array(nearest)]});
  }
}

/// Clusters and noise of every map for every eps; gives the lines of both charts: of the map shown,
/// and the mean over random starts.
void add_sweep(Table& table, Chart& clusters, Chart& noise, const Kind& kind,
               const std::vector<double>& values, int64_t min_samples) {
  const auto random = static_cast<double>(kind.maps.size() - 1);
  const auto lines = [&](const std::string& name) {
    for (Chart* chart : {&clusters, &noise}) chart->series.push_back({name, values, {}});
  };
  lines(kind.name);
  if (random > 0) lines(concat(kind.name, ", mean of ", kind.maps.size() - 1, " random starts"));
  const size_t shown = clusters.series.size() - (random > 0 ? 2 : 1), mean = shown + 1;
  for (const double eps : values) {
    if (random > 0) {
      clusters.series[mean].y.push_back(0);
      noise.series[mean].y.push_back(0);
    }
    for (size_t i = 0; i < kind.maps.size(); ++i) {
      const auto labels = dbscan(kind.maps[i].found.map, {eps, min_samples});
      const auto found = static_cast<double>(count_clusters(labels));
      const double share =
          static_cast<double>(count_noise(labels)) / static_cast<double>(labels.numel());
      table.rows.push_back(
          {kind.name, kind.maps[i].start, eps, count_clusters(labels), count_noise(labels)});
      if (i == 0) {
        clusters.series[shown].y.push_back(found);
        noise.series[shown].y.push_back(share);
      } else {
        clusters.series[mean].y.back() += found / random;
        noise.series[mean].y.back() += share / random;
      }
    }
  }
}

/// What each map loses, and how alike the clusters of every two are. The mean of the latter.
double add_stability(Table& starts, Table& agreement, const Kind& kind) {
  double sum = 0, pairs = 0;
  for (size_t i = 0; i < kind.maps.size(); ++i) {
    const auto& map = kind.maps[i];
    starts.rows.push_back({kind.name, map.start, map.found.divergence, count_clusters(map.labels),
                           count_noise(map.labels)});
    for (size_t j = i + 1; j < kind.maps.size(); ++j) {
      const double index = adjusted_rand(map.labels, kind.maps[j].labels);
      agreement.rows.push_back({kind.name, map.start, kind.maps[j].start, index});
      sum += index;
      ++pairs;
    }
  }
  return sum / pairs;
}

/// Tables and charts of both kinds of field.
struct Findings {
  Table sweep{
      "sweep", "Clusters and noise by eps", {"fields", "start", "eps", "clusters", "noise"}, {}};
  Table starts{"starts",
               "What each map loses, and its clusters",
               {"fields", "start", "Kullback-Leibler divergence", "clusters", "noise"},
               {}};
  Table agreement{"agreement",
                  "Adjusted Rand index between the clusters of two starts (noise is one cluster)",
                  {"fields", "start", "other start", "adjusted Rand index"},
                  {}};
  Table exemplars{"exemplars",
                  "The point nearest to the middle of each cluster",
                  {"fields", "cluster", "points", "image", "array"},
                  {}};
  Table points{
      "points", "Every point of the maps", {"fields", "image", "array", "x", "y", "cluster"}, {}};
  Chart clusters{
      "sweep-clusters", "Clusters against eps", Chart::Kind::lines, "eps", "clusters", {}, {}};
  Chart noise{
      "sweep-noise", "Noise against eps", Chart::Kind::lines, "eps", "share of the points", {}, {}};
  std::string alike;  ///< "spatial 0.9, feature 0.8"
};

void add_kind(Findings& findings, AnalysisResult& result, const Kind& kind, const PointNames& names,
              const at::Tensor& images, const std::vector<double>& eps, int64_t min_samples) {
  const auto clusters = clusters_of(kind.maps.front().found.map, kind.maps.front().labels);
  add_sweep(findings.sweep, findings.clusters, findings.noise, kind, eps, min_samples);
  const double index = add_stability(findings.starts, findings.agreement, kind);
  if (kind.maps.size() > 1) {
    findings.alike += concat(findings.alike.empty() ? "" : ", ", kind.name, " ", shown(index));
  }
  add_exemplars(findings.exemplars, kind, clusters, names);
  add_points(findings.points, kind, names);
  result.maps.push_back(point_map(kind, names));
  constexpr size_t most_clusters = 20, columns = 6;
  auto grid = exemplar_grid(kind.name, clusters, names, images, most_clusters, columns);
  if (!grid.rows.empty()) result.grids.push_back(grid);
}

}  // namespace

Options Embedding::options() {
  return Options{
             Option("split", split_, "trials whose attention is embedded"),
             Option("seeds", seeds_, "random starts of each map, beside the one shown")
                 .range(0, 100),
             Option("images", images_, "images kept for the page, evenly spaced if there are more")
                 .range(1, 5000),
             Option("image_size", image_size_, "side of those").range(8, 256).unit("pixels"),
             Option("sweep", sweep_, "values of eps that are counted besides").range(1e-9)} +
         prefixed("tsne", tsne_.options()) + prefixed("dbscan", dbscan_.options());
}

std::vector<double> Embedding::eps_values() const {
  auto values = sweep_;
  values.push_back(dbscan_.eps);
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

AnalysisResult Embedding::analyse(Model& model, const Recording& recording, const RunContext& run) {
  const Conditions test(model, recording, split_, {}, run);
  const IrfMaps maps = inverse_receptive_fields(model, test.samples());
  const PointNames names{test.stimulus_names(test.count()), maps.arrays};
  AnalysisResult result;
  Findings findings;
  for (const auto& [name, fields] :
       {std::pair{"spatial", maps.spatial.flatten(2)}, std::pair{"feature", maps.feature}}) {
    const Kind kind = embed(name, fields.flatten(0, 1), tsne_, dbscan_, seeds_, run);
    add_kind(findings, result, kind, names, test.truth(), eps_values(), dbscan_.min_samples);
  }
  result.name = "embedding";
  result.title = "Clusters of inverse receptive fields: " + model.name();
  result.lead =
      concat("t-SNE (perplexity ", shown(tsne_.perplexity), ") and DBSCAN (eps ",
             shown(dbscan_.eps), ") of the fields of ", test.count(), " images x ",
             maps.arrays.size(), " arrays. The numbers of clusters depend on eps: see the sweep.",
             findings.alike.empty()
                 ? ""
                 : concat(" Adjusted Rand index between starts, mean (1: the same clusters): ",
                          findings.alike, "."));
  result.charts = {findings.clusters, findings.noise};
  result.tables = {findings.sweep, findings.starts, findings.exemplars, findings.points};
  if (seeds_ > 0) result.tables.insert(result.tables.begin() + 2, findings.agreement);
  result.point_images = PointImages::of(names.images, test.truth(), images_, image_size_);
  return result;
}

}  // namespace afterimage
