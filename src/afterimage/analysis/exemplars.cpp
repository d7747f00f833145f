#include "afterimage/analysis/exemplars.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/base/text.h"

namespace afterimage {

std::vector<Cluster> clusters_of(const at::Tensor& map, const at::Tensor& labels) {
  std::vector<Cluster> clusters;
  const int64_t count = labels.numel() > 0 ? labels.max().item<int64_t>() + 1 : 0;
  for (int64_t label = 0; label < count; ++label) {
    const auto members = labels.eq(label).nonzero().squeeze(1);
    if (members.numel() == 0) continue;
    const auto points = map.index_select(0, members);
    const auto order = (points - points.mean(0)).norm(2, {1}).argsort(/*stable=*/true, 0, false);
    const auto nearest_first = members.index_select(0, order).contiguous();
    const auto* first = nearest_first.const_data_ptr<int64_t>();
    clusters.push_back({label, {first, first + nearest_first.numel()}});
  }
  std::stable_sort(clusters.begin(), clusters.end(), [](const Cluster& a, const Cluster& b) {
    return a.points.size() > b.points.size();
  });
  return clusters;
}

std::string describe(const Cluster& cluster, const PointNames& names) {
  std::vector<size_t> counts(names.arrays.size());
  for (const int64_t point : cluster.points) ++counts[names.array(point)];
  const auto most = std::max_element(counts.begin(), counts.end());
  const auto& array = names.arrays[static_cast<size_t>(most - counts.begin())];
  return *most == cluster.points.size()
             ? concat(cluster.points.size(), " points, all of ", array)
             : concat(cluster.points.size(), " points, ", *most, " of ", array);
}

ImageGrid exemplar_grid(const std::string& fields, const std::vector<Cluster>& clusters,
                        const PointNames& names, const at::Tensor& images, size_t most,
                        size_t columns) {
  const size_t shown = std::min(most, clusters.size());
  ImageGrid grid{fields + "-exemplars",
                 concat("Images whose ", fields, " field lies nearest to the middle of a cluster: ",
                        shown < clusters.size() ? concat("the ", shown, " largest of ") : "all ",
                        clusters.size(), " clusters"),
                 {},
                 {},
                 {}};
  for (size_t c = 0; c < columns; ++c) grid.columns.push_back(c == 0 ? "nearest" : concat(c + 1));
  std::vector<at::Tensor> cells;
  for (size_t i = 0; i < shown; ++i) {
    const Cluster& cluster = clusters[i];
    grid.rows.push_back(concat("cluster ", cluster.label, ": ", describe(cluster, names)));
    std::vector<size_t> taken;
    for (const int64_t point : cluster.points) {
      const size_t image = names.image(point);
      if (taken.size() == columns) break;
      if (std::find(taken.begin(), taken.end(), image) != taken.end()) continue;
      taken.push_back(image);
      cells.push_back(images[static_cast<int64_t>(image)]);
    }
    for (size_t c = taken.size(); c < columns; ++c) cells.push_back(at::ones_like(images[0]));
  }
  if (!cells.empty()) grid.images = at::stack(cells);
  return grid;
}

}  // namespace afterimage
