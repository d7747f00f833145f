#include "afterimage/preparation/detrend.h"

#include <ATen/Functions.h>

#include "afterimage/base/batches.h"

namespace afterimage {
namespace {

/// Powers 1 .. degree of the times. (n, degree)
at::Tensor powers(const std::vector<double>& times, int64_t degree) {
  const at::Tensor t = at::tensor(times, at::kDouble);
  std::vector<at::Tensor> columns;
  for (int64_t k = 1; k <= degree; ++k) columns.push_back(t.pow(k));
  return at::stack(columns, 1);
}

}  // namespace

Detrend Detrend::fit(const ResponseReader& read, const Trials& trials, int64_t degree) {
  Detrend out;
  out.trials_ = &trials;
  out.degree_ = degree;
  out.time_.resize(static_cast<size_t>(trials.count()));
  std::map<int64_t, std::vector<int64_t>> blocks;
  for (int64_t t = 0; t < trials.count(); ++t) {
    blocks[trials.block[static_cast<size_t>(t)]].push_back(t);
  }
  for (const auto& [block, rows] : blocks) {
    std::vector<int64_t> fitted;
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto row = static_cast<size_t>(rows[i]);
      out.time_[row] =
          rows.size() < 2 ? 0
                          : 2.0 * static_cast<double>(i) / static_cast<double>(rows.size() - 1) - 1;
      if (trials.split[row] == "train") fitted.push_back(rows[i]);
    }
    if (static_cast<int64_t>(fitted.size()) < degree + 2) {
      out.transductive_ += fitted.size() != rows.size();
      fitted = rows;
    }
    if (static_cast<int64_t>(fitted.size()) < degree + 2) continue;  // too short to have a drift
    const at::Tensor x = out.design(fitted);                         // (n, degree)
    const at::Tensor centred = x - x.mean(0);
    at::Tensor projected;  // x' y, summed batch by batch
    const int64_t doubles = read({fitted[0]}).numel() * 8;
    for_batches(fitted, rows_per_batch(read.bytes_per_row + doubles),
                [&](int64_t start, const auto& part) {
                  const at::Tensor y = read(part).to(at::kDouble).flatten(1);
                  const at::Tensor sum =
                      centred.narrow(0, start, static_cast<int64_t>(part.size())).t().matmul(y);
                  projected = projected.defined() ? projected + sum : sum;
                });
    const at::Tensor gram = centred.t().matmul(centred);
    out.drift_[block] = {x.mean(0), at::linalg_inv(gram).matmul(projected)};
  }
  return out;
}

at::Tensor Detrend::design(const std::vector<int64_t>& rows) const {
  std::vector<double> times;
  for (const int64_t row : rows) times.push_back(time_[static_cast<size_t>(row)]);
  return powers(times, degree_);
}

at::Tensor Detrend::apply(const at::Tensor& responses, const std::vector<int64_t>& rows) const {
  at::Tensor out = responses.clone();
  std::map<int64_t, std::vector<int64_t>> of_block;  // block -> positions in `rows`
  for (size_t i = 0; i < rows.size(); ++i) {
    of_block[trials_->block[static_cast<size_t>(rows[i])]].push_back(static_cast<int64_t>(i));
  }
  for (const auto& [block, positions] : of_block) {
    const auto drift = drift_.find(block);
    if (drift == drift_.end()) continue;
    std::vector<int64_t> own;
    for (const int64_t i : positions) own.push_back(rows[static_cast<size_t>(i)]);
    const at::Tensor fitted = (design(own) - drift->second.centre).matmul(drift->second.slope);
    const at::Tensor index = at::tensor(positions, at::kLong);
    out.index_add_(0, index, -fitted.to(at::kFloat).view({-1, out.size(1), out.size(2)}));
  }
  return out;
}

}  // namespace afterimage
