#include "afterimage/simulation/geometry.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <map>
#include <span>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage::simulator {
namespace {

constexpr int64_t kGrid = 256;         // candidate field centres per side of the stimulus
constexpr double kSizeScatter = 0.15;  // SD of the log of field sizes around their mean

struct Point {
  double x, y;    // stimulus coordinates
  double u, v;    // cortical coordinates
  double weight;  // sensors per stimulus area, unnormalised
};

double draw(at::Generator& generator) {
  return at::rand({}, generator, at::kDouble).item<double>();
}

Point candidate(double x, double y, const BrainModel& brain, const GeometryOptions& options) {
  const double a = brain.fovea_degrees;
  const double dx = (x - options.fixation_x) * brain.degrees_per_stimulus;
  const double dy = (y - options.fixation_y) * brain.degrees_per_stimulus;
  const std::complex<double> shifted(std::abs(dx) + a, dy);
  const auto w = std::log(shifted) - std::log(a);
  return {x, y, std::copysign(w.real(), dx), w.imag(),
          std::pow(std::abs(shifted), -2 * options.magnification)};
}

std::vector<Point> candidates(const BrainModel& brain, const GeometryOptions& options) {
  std::vector<Point> points;
  for (int64_t row = 0; row < kGrid; ++row) {
    for (int64_t column = 0; column < kGrid; ++column) {
      const double x = (static_cast<double>(column) + 0.5) / kGrid;
      const double y = (static_cast<double>(row) + 0.5) / kGrid;
      if (options.quadrant && (x < options.fixation_x || y < options.fixation_y)) continue;
      points.push_back(candidate(x, y, brain, options));
    }
  }
  return points;
}

double total_weight(std::span<const Point> points) {
  double sum = 0;
  for (const auto& point : points) sum += point.weight;
  return sum;
}

/// Orders the points along the longer side of their patch of cortex and returns how many of them
/// carry `share` of the weight, leaving at least `least_left` and `least_right` on the two sides.
size_t cut(std::span<Point> points, double share, size_t least_left, size_t least_right) {
  const auto [u_low, u_high] = std::ranges::minmax_element(points, {}, &Point::u);
  const auto [v_low, v_high] = std::ranges::minmax_element(points, {}, &Point::v);
  const bool along_u = u_high->u - u_low->u > v_high->v - v_low->v;
  std::ranges::sort(points, {}, along_u ? &Point::u : &Point::v);
  const double goal = share * total_weight(points);
  size_t left = 0;
  for (double sum = 0; left < points.size() && sum + points[left].weight / 2 < goal; ++left) {
    sum += points[left].weight;
  }
  return std::clamp(left, least_left, points.size() - least_right);
}

/// Cuts a patch into `count` patches of equal weight and calls `use` with each.
void divide(std::span<Point> points, int64_t count, int64_t points_each,
            const std::function<void(std::span<Point>)>& use) {
  if (count == 1) return use(points);
  const int64_t left_count = count / 2;
  const size_t left = cut(points, static_cast<double>(left_count) / static_cast<double>(count),
                          static_cast<size_t>(left_count * points_each),
                          static_cast<size_t>((count - left_count) * points_each));
  divide(points.first(left), left_count, points_each, use);
  divide(points.subspan(left), count - left_count, points_each, use);
}

/// One field centre within a patch of cortex: one of its points, shaken within the grid's pitch.
Point centre_in(std::span<Point> patch, const BrainModel& brain, const GeometryOptions& options,
                at::Generator& generator) {
  const auto pick = static_cast<size_t>(draw(generator) * static_cast<double>(patch.size()));
  const Point& point = patch[std::min(pick, patch.size() - 1)];
  const double x = point.x + (draw(generator) - 0.5) / kGrid;
  const double y = point.y + (draw(generator) - 0.5) / kGrid;
  return candidate(x, y, brain, options);
}

/// Left and right halves of the visual field, with the number of arrays (or voxels) in each.
std::array<std::pair<std::span<Point>, int64_t>, 2> hemispheres(std::vector<Point>& points,
                                                                int64_t count) {
  const auto right =
      std::partition(points.begin(), points.end(), [](const Point& p) { return p.u < 0; });
  const std::span<Point> all(points);
  const auto left_size = static_cast<size_t>(right - points.begin());
  const auto left = all.first(left_size);
  const double share = total_weight(left) / total_weight(all);
  const auto left_count = static_cast<int64_t>(std::lround(share * static_cast<double>(count)));
  return {{{left, left_count}, {all.subspan(left_size), count - left_count}}};
}

void add_sensor(Geometry& geometry, const Point& centre, const BrainModel& brain, size_t roi_row,
                int64_t array, int64_t number, const GeometryOptions& options,
                at::Generator& generator) {
  const RoiModel& roi = brain.rois[roi_row];
  const double eccentricity =
      brain.degrees_per_stimulus *
      std::hypot(centre.x - options.fixation_x, centre.y - options.fixation_y);
  const double scatter =
      std::exp(kSizeScatter * at::randn({}, generator, at::kDouble).item<double>());
  auto& sensors = geometry.sensors;
  sensors.name.push_back(concat(roi.name, "-", number));
  sensors.roi.push_back(roi.name);
  sensors.array.push_back(array);
  sensors.x.push_back(centre.x);
  sensors.y.push_back(centre.y);
  sensors.size.push_back((roi.size_degrees + roi.size_slope * eccentricity) * scatter /
                         brain.degrees_per_stimulus);
  sensors.reliability.push_back(std::nan(""));
  geometry.roi.push_back(static_cast<int64_t>(roi_row));
  geometry.eccentricity.push_back(eccentricity);
  geometry.u.push_back(centre.u);
  geometry.v.push_back(centre.v);
}

}  // namespace

std::vector<std::vector<int64_t>> Geometry::groups() const {
  std::map<std::pair<int64_t, int64_t>, std::vector<int64_t>> groups;
  for (int64_t s = 0; s < sensors.count(); ++s) {
    groups[{roi[static_cast<size_t>(s)], sensors.array[static_cast<size_t>(s)]}].push_back(s);
  }
  std::vector<std::vector<int64_t>> list;
  for (auto& [key, members] : groups) list.push_back(std::move(members));
  return list;
}

Geometry place_sensors(const BrainModel& brain, const GeometryOptions& options,
                       at::Generator generator) {
  Geometry geometry;
  int64_t array = 0;
  for (size_t r = 0; r < brain.rois.size(); ++r) {
    const RoiModel& roi = brain.rois[r];
    const int64_t patches = roi.arrays > 0 ? roi.arrays : roi.sensors;
    const int64_t sensors_each = roi.arrays > 0 ? roi.sensors : 1;
    auto points = candidates(brain, options);
    if (static_cast<int64_t>(points.size()) < 16 * roi.count()) {
      throw Error(
          "simulate",
          concat("the field of view is too small for ", roi.count(), " sensors of ", roi.name),
          "Move the fixation towards the middle, or give a smaller scale");
    }
    int64_t number = 0;
    for (auto& [half, count] : hemispheres(points, patches)) {
      if (count == 0) continue;
      divide(half, count, sensors_each, [&](std::span<Point> patch) {
        divide(patch, sensors_each, 1, [&](std::span<Point> cell) {
          const Point centre = centre_in(cell, brain, options, generator);
          add_sensor(geometry, centre, brain, r, roi.arrays > 0 ? array : -1, number++, options,
                     generator);
        });
        ++array;
      });
    }
  }
  return geometry;
}

at::Tensor gaussian_fields(const Sensors& sensors, const std::vector<int64_t>& rows, int64_t side) {
  const auto count = static_cast<int64_t>(rows.size());
  at::Tensor x = at::empty({count, 1}, at::kDouble), y = at::empty_like(x),
             size = at::empty_like(x);
  for (int64_t i = 0; i < count; ++i) {
    const auto s = static_cast<size_t>(rows[static_cast<size_t>(i)]);
    x[i][0] = sensors.x[s];
    y[i][0] = sensors.y[s];
    size[i][0] = sensors.size[s];
  }
  const auto centres = (at::arange(side, at::kDouble) + 0.5) / static_cast<double>(side);
  // A Gaussian is a product of one over x and one over y; softmax normalises each over the
  // stimulus.
  const auto along = [&](const at::Tensor& centre) {  // (sensor, side)
    return at::softmax(-0.5 * ((centres.unsqueeze(0) - centre) / size).square(), 1);
  };
  auto field = along(y).unsqueeze(2) * along(x).unsqueeze(1);  // (sensor, y, x)
  // Denormal numbers add nothing and make products twenty times as slow.
  constexpr double nothing = 1e-30;
  field.masked_fill_(field < nothing, 0);
  return field.reshape({count, side * side}).t().to(at::kFloat).contiguous();
}

}  // namespace afterimage::simulator
