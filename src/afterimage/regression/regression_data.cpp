#include "afterimage/regression/regression_data.h"

#include <ATen/ATen.h>

#include "afterimage/base/batches.h"

namespace afterimage {
namespace {

constexpr int64_t batch_rows = 512;

}  // namespace

std::vector<RegressionData::Rows> batches_of(const RegressionData::Rows& rows, int64_t size) {
  std::vector<RegressionData::Rows> batches;
  for_batches(rows, size, [&](int64_t, auto batch) { batches.push_back(std::move(batch)); });
  return batches;
}

RegressionData regression_data(const at::Tensor& x, const at::Tensor& y) {
  RegressionData data{x.size(0), x.size(1), y.size(1), {}, {}};
  data.x = [x](const RegressionData::Rows& rows) { return x.index_select(0, at::tensor(rows)); };
  data.y = [y](const RegressionData::Rows& rows, int64_t first, int64_t last) {
    return y.narrow(1, first, last - first).index_select(0, at::tensor(rows));
  };
  return data;
}

CentredRows::CentredRows(Read read, int64_t rows, int64_t columns, const c10::Device& device,
                         int64_t memory)
    : read_(std::move(read)), device_(device) {
  mean_ = at::zeros({columns}, at::TensorOptions().dtype(at::kDouble).device(device));
  for (const auto& batch : batches_of(all_rows(rows), batch_rows)) {
    const auto part = read_(batch, 0, columns).to(device);
    mean_ += part.sum(0, /*keepdim=*/false, at::kDouble);
    const auto bytes = rows * columns * static_cast<int64_t>(part.element_size());
    if (bytes > memory) continue;
    if (!kept()) whole_ = at::empty({rows, columns}, part.options());
    whole_.narrow(0, batch.front(), std::ssize(batch)).copy_(part);
  }
  mean_ /= static_cast<double>(rows);
}

at::Tensor CentredRows::raw(const Rows& rows, int64_t first, int64_t last) const {
  if (!kept()) return read_(rows, first, last).to(device_);
  return whole_.narrow(1, first, last - first).index_select(0, at::tensor(rows).to(device_));
}

at::Tensor CentredRows::read(const Rows& rows, int64_t first, int64_t last,
                             at::ScalarType type) const {
  const auto mean = mean_.narrow(0, first, last - first);
  const auto out = at::empty({std::ssize(rows), last - first}, mean.options().dtype(type));
  int64_t row = 0;
  for (const auto& batch : batches_of(rows, batch_rows)) {
    // The mean is taken off before rounding to `type`.
    out.narrow(0, row, std::ssize(batch)).copy_(raw(batch, first, last).to(at::kDouble) - mean);
    row += std::ssize(batch);
  }
  return out;
}

}  // namespace afterimage
