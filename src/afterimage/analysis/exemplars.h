#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/analysis/result.h"

namespace afterimage {

/// The points of one cluster of a map.
struct Cluster {
  int64_t label = 0;
  std::vector<int64_t> points;  ///< the nearest to the middle of the cluster first
};

/// All clusters, the largest first. map: (n, 2), labels: (n) int64, negative: noise.
std::vector<Cluster> clusters_of(const at::Tensor& map, const at::Tensor& labels);

/// What the points of a map are: image by image, array by array.
struct PointNames {
  std::vector<std::string> images, arrays;

  size_t image(int64_t point) const { return static_cast<size_t>(point) / arrays.size(); }
  size_t array(int64_t point) const { return static_cast<size_t>(point) % arrays.size(); }
};

/// "57 points, 30 of V1 array 2": the size of a cluster and its most frequent array.
std::string describe(const Cluster& cluster, const PointNames& names);

/// A row for each of the largest clusters, `most` at most: its `columns` images nearest to the
/// middle, none twice, white where there are fewer. `images`: (image, 3, H, W). The title says how
/// many clusters are shown; the grid is empty without clusters.
ImageGrid exemplar_grid(const std::string& fields, const std::vector<Cluster>& clusters,
                        const PointNames& names, const at::Tensor& images, size_t most,
                        size_t columns);

}  // namespace afterimage
