#include "afterimage/projections/fixed.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/sparse_csr_tensor.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/error.h"

namespace afterimage {
namespace {

struct Weight {
  int64_t sensor;
  double value;
};

/// The weights of one sensor's field over the pixels of one map, added to `pixels`. A pixel's
/// centre lies at (index + 1/2) / side in stimulus coordinates.
bool place(const Sensors& sensors, int64_t sensor, double spread, int64_t side,
           std::vector<Weight>* pixels) {
  const auto i = static_cast<size_t>(sensor);
  if (!sensors.mapped(sensor)) return false;
  const double x = sensors.x[i] * static_cast<double>(side);
  const double y = sensors.y[i] * static_cast<double>(side);
  const auto inside = [side](double value) {
    return value >= 0 && value < static_cast<double>(side);
  };
  if (!inside(x) || !inside(y)) return false;

  const double size = std::isfinite(sensors.size[i]) ? sensors.size[i] : 0;
  const double sigma = spread * size * static_cast<double>(side);
  if (sigma < 0.25) {  // narrower than a pixel: the pixel itself
    pixels[static_cast<int64_t>(y) * side + static_cast<int64_t>(x)].push_back({sensor, 1.0});
    return true;
  }
  const auto reach = [side, sigma](double centre, bool upper) {
    const double edge = std::floor(centre + (upper ? 3 : -3) * sigma);
    return static_cast<int64_t>(std::clamp(edge, 0.0, static_cast<double>(side - 1)));
  };
  for (int64_t row = reach(y, false); row <= reach(y, true); ++row) {
    for (int64_t column = reach(x, false); column <= reach(x, true); ++column) {
      const double dx = static_cast<double>(column) + 0.5 - x;
      const double dy = static_cast<double>(row) + 0.5 - y;
      const double value = std::exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
      pixels[row * side + column].push_back({sensor, value});
    }
  }
  return true;
}

/// LibTorch says once per process that CSR tensors are in beta; the two operations used here are
/// tested, and the user can do nothing about it.
class QuietWarnings : public c10::WarningHandler {
 public:
  void process(const c10::Warning&) override {}
};

at::Tensor csr_matrix(const at::Tensor& crow, const at::Tensor& column, const at::Tensor& weight,
                      int64_t rows, int64_t columns) {
  QuietWarnings quiet;
  const c10::WarningUtils::WarningHandlerGuard guard(&quiet);
  return at::sparse_csr_tensor(crow, column, weight, {rows, columns},
                               weight.options().layout(at::kSparseCsr));
}

}  // namespace

Options FixedProjection::options() {
  return {
      Option("group", group_, "sensors that share a channel").one_of({"roi", "array"}),
      Option("spread", spread_, "width of a sensor's mark, 0 = the pixel of its centre (Eq. 2)")
          .range(0, 10)
          .unit("receptive field sizes"),
      Option("floor", floor_, "smallest sum of weights a pixel is divided by, with spread > 0")
          .range(0, 100),
  };
}

void FixedProjection::build(const Sensors& sensors, int64_t bins, int64_t side, const RunContext&) {
  sensors_ = sensors.count();
  bins_ = bins;
  side_ = side;
  groups_ = sensor_groups(sensors, group_);
  const auto pixels = static_cast<size_t>(side * side);
  std::vector<std::vector<Weight>> rows(groups_.size() * pixels);
  for (size_t group = 0; group < groups_.size(); ++group) {
    for (const auto s : groups_[group].sensors) {
      const bool placed = place(sensors, s, spread_, side, &rows[group * pixels]);
      unplaced_ += !placed;
      unsized_ += placed && spread_ > 0 && !std::isfinite(sensors.size[static_cast<size_t>(s)]);
    }
  }
  if (unplaced_ == sensors.count()) {
    refuse_unmapped("fixed", "use a decoder that needs none (irfa-16, ridge)");
  }

  const double floor = spread_ > 0 ? floor_ : 0;
  std::vector<int64_t> crow{0}, column;
  std::vector<float> weight;
  for (const auto& row : rows) {
    double sum = 0;
    for (const auto& entry : row) sum += entry.value;
    for (const auto& entry : row) {
      column.push_back(entry.sensor);
      weight.push_back(static_cast<float>(entry.value / std::max(sum, floor)));
    }
    crow.push_back(static_cast<int64_t>(column.size()));
  }
  crow_ = register_buffer("crow", at::tensor(crow));
  column_ = register_buffer("column", at::tensor(column));
  weight_ = register_buffer("weight", at::tensor(weight));
}

at::Tensor FixedProjection::forward(const at::Tensor& responses) {
  TORCH_CHECK(responses.dim() == 3 && responses.size(2) == bins_, "responses must be (n, sensor, ",
              bins_, "), got ", responses.sizes());
  const int64_t n = responses.size(0), sensors = responses.size(1);
  const int64_t groups = static_cast<int64_t>(groups_.size());
  const at::Tensor matrix = csr_matrix(crow_, column_, weight_, groups * side_ * side_, sensors);
  const at::Tensor columns = responses.permute({1, 0, 2}).reshape({sensors, n * bins_});
  return at::mm(matrix, columns.to(weight_.scalar_type()))  // (group * y * x, n * bin)
      .view({groups, side_, side_, n, bins_})
      .permute({3, 0, 4, 1, 2})  // (n, group, bin, y, x)
      .reshape({n, channels(), side_, side_});
}

std::vector<std::string> FixedProjection::notes() const {
  return field_notes(unplaced_, unsized_, sensors_, "they mark the pixel of their centre alone");
}

std::vector<std::string> FixedProjection::channel_names() const {
  return group_channel_names(groups_, bins_);
}

}  // namespace afterimage
