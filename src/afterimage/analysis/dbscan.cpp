#include "afterimage/analysis/dbscan.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace afterimage {
namespace {

using Cell = std::pair<int64_t, int64_t>;

/// Points in cells as wide as they reach, over the first two dimensions: all that one reaches lies
/// in its cell or next to it.
class Reach {
 public:
  Reach(const at::Tensor& points, double eps)
      : x_(points.to(at::kCPU, at::kDouble).contiguous()), d_(x_.size(1)), eps_(eps) {
    for (int64_t i = 0; i < x_.size(0); ++i) cells_[cell(i)].push_back(i);
  }

  /// Points within eps of point i, itself included.
  std::vector<int64_t> of(int64_t i) const {
    std::vector<int64_t> out;
    const auto [column, row] = cell(i);
    for (int64_t c = column - 1; c <= column + 1; ++c) {
      for (int64_t r = row - 1; r <= row + 1; ++r) {
        const auto found = cells_.find({c, r});
        if (found == cells_.end()) continue;
        for (const int64_t j : found->second) {
          if (near(i, j)) out.push_back(j);
        }
      }
    }
    return out;
  }

 private:
  double value(int64_t i, int64_t dim) const {
    return dim < d_ ? x_.const_data_ptr<double>()[i * d_ + dim] : 0;
  }
  Cell cell(int64_t i) const {
    return {static_cast<int64_t>(std::floor(value(i, 0) / eps_)),
            static_cast<int64_t>(std::floor(value(i, 1) / eps_))};
  }
  bool near(int64_t i, int64_t j) const {
    double sum = 0;
    for (int64_t dim = 0; dim < d_; ++dim) {
      const double apart = value(i, dim) - value(j, dim);
      sum += apart * apart;
    }
    return sum <= eps_ * eps_;
  }

  at::Tensor x_;
  int64_t d_;
  double eps_;
  std::map<Cell, std::vector<int64_t>> cells_;
};

}  // namespace

Options DbscanOptions::options() {
  return {
      Option("eps", eps, "distance up to which points are neighbours").range(1e-9),
      Option("min_samples", min_samples, "neighbours, itself included, of a core point").range(1),
  };
}

at::Tensor dbscan(const at::Tensor& points, const DbscanOptions& options) {
  const int64_t n = points.size(0);
  const Reach reach(points, options.eps);
  std::vector<char> core(static_cast<size_t>(n));
  at::parallel_for(0, n, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      core[static_cast<size_t>(i)] =
          static_cast<int64_t>(reach.of(i).size()) >= options.min_samples;
    }
  });
  const auto labels = at::full({n}, -1, at::kLong);
  auto* label = labels.mutable_data_ptr<int64_t>();
  int64_t clusters = 0;
  std::vector<int64_t> open;
  for (int64_t first = 0; first < n; ++first) {
    if (label[first] != -1 || !core[static_cast<size_t>(first)]) continue;
    label[first] = clusters;
    open.push_back(first);
    while (!open.empty()) {
      const int64_t i = open.back();
      open.pop_back();
      if (!core[static_cast<size_t>(i)]) continue;
      for (const int64_t j : reach.of(i)) {
        if (label[j] != -1) continue;
        label[j] = clusters;
        open.push_back(j);
      }
    }
    ++clusters;
  }
  return labels;
}

}  // namespace afterimage
