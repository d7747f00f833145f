#include "afterimage/recordings/normalisation.h"

#include <algorithm>
#include <map>

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

// Running mean and sum of squared deviations in float64, merged batch by batch (Chan, Golub &
// LeVeque 1979, eq. 2.1): one pass over the file, no cancellation.
struct Moments {
  int64_t count = 0;
  at::Tensor mean, squares;  // (sensor, bin)

  void merge(const Moments& other) {
    if (count == 0) {
      *this = other;
      return;
    }
    const auto total = static_cast<double>(count + other.count);
    const at::Tensor delta = other.mean - mean;
    mean = mean + delta * (static_cast<double>(other.count) / total);
    squares =
        squares + other.squares +
        delta * delta * (static_cast<double>(count) * static_cast<double>(other.count) / total);
    count += other.count;
  }

  // One over the standard deviation; 0 where nothing varies but by rounding of the mean (or
  // by less than float32 can be divided by).
  at::Tensor scale() const {
    const at::Tensor deviation = (squares / static_cast<double>(count)).sqrt();
    const at::Tensor varies = deviation > (mean.abs() * 1e-12).clamp_min_(1e-30);
    return at::where(varies, deviation.reciprocal(), at::zeros({}, at::kDouble));
  }
};

Moments moments_of(const at::Tensor& responses) {  // (n, sensor, bin) float32
  const at::Tensor values = responses.to(at::kDouble);
  Moments moments{responses.size(0), values.mean(0), {}};
  moments.squares = (values - moments.mean).square_().sum(0);
  return moments;
}

Moments moments_of(const ResponseReader& read, const std::vector<int64_t>& trials) {
  Moments all;
  const int64_t doubles = read({trials[0]}).numel() * 8;
  const int64_t rows = rows_per_batch(read.bytes_per_row + 2 * doubles);
  for_batches(trials, rows, [&](int64_t, const std::vector<int64_t>& batch) {
    all.merge(moments_of(read(batch)));
  });
  return all;
}

}  // namespace

Normalisation Normalisation::fit(const Recording& recording, const std::vector<int64_t>& trials,
                                 bool per_block, const std::vector<int64_t>& bins) {
  const int64_t read = recording.sensors() * (bins.empty() ? recording.bins() : std::ssize(bins));
  return fit(
      {[&](const std::vector<int64_t>& rows) { return recording.responses(rows, bins); }, read * 4},
      trials, recording.info().trials.block, per_block);
}

Normalisation Normalisation::fit(const ResponseReader& read, const std::vector<int64_t>& trials,
                                 const std::vector<int64_t>& block_of, bool per_block) {
  TORCH_INTERNAL_ASSERT(!trials.empty());
  std::map<int64_t, std::vector<int64_t>> trials_of;  // block -> its training trials
  for (const int64_t trial : trials) {
    trials_of[per_block ? block_of[static_cast<size_t>(trial)] : 0].push_back(trial);
  }
  Normalisation out;
  Moments all;
  std::vector<at::Tensor> means(1), scales(1);
  for (const auto& [block, rows] : trials_of) {
    const Moments moments = moments_of(read, rows);
    all.merge(moments);
    if (!per_block || rows.size() < 2) continue;  // one trial has no spread
    out.blocks_.push_back(block);
    means.push_back(moments.mean.to(at::kFloat));
    scales.push_back(moments.scale().to(at::kFloat));
  }
  means[0] = all.mean.to(at::kFloat);
  scales[0] = all.scale().to(at::kFloat);
  out.mean_ = at::stack(means);
  out.scale_ = at::stack(scales);
  return out;
}

void Normalisation::silence(const at::Tensor& sensors) {
  scale_.masked_fill_(sensors.view({1, -1, 1}), 0);
}

at::Tensor Normalisation::silent() const { return scale_.eq(0).all(2).all(0); }

at::Tensor Normalisation::apply(const at::Tensor& responses,
                                const std::vector<int64_t>& block) const {
  TORCH_INTERNAL_ASSERT(mean_.defined() && responses.dim() == 3 &&
                        responses.size(0) == static_cast<int64_t>(block.size()) &&
                        responses.sizes().slice(1) == mean_.sizes().slice(1));
  if (blocks_.empty()) return (responses - mean_[0]).mul_(scale_[0]);
  std::vector<int64_t> rows;
  for (const int64_t b : block) {
    const auto found = std::lower_bound(blocks_.begin(), blocks_.end(), b);
    const bool known = found != blocks_.end() && *found == b;
    rows.push_back(known ? found - blocks_.begin() + 1 : 0);
  }
  const at::Tensor row = at::tensor(rows, at::kLong);
  return (responses - mean_.index_select(0, row)).mul_(scale_.index_select(0, row));
}

std::string Normalisation::fingerprint() const {
  std::string bytes;
  for (const auto& [name, tensor] : to_tensors()) {
    const at::Tensor whole = tensor.contiguous();
    bytes += name + sha256({static_cast<const char*>(whole.const_data_ptr()), whole.nbytes()});
  }
  return sha256(bytes);
}

TensorMap Normalisation::to_tensors() const {
  return {{"mean", mean_}, {"scale", scale_}, {"blocks", at::tensor(blocks_, at::kLong)}};
}

Normalisation Normalisation::from_tensors(const TensorMap& tensors, const std::string& where) {
  for (const char* name : {"mean", "scale", "blocks"}) {
    if (!tensors.contains(name)) throw Error(where, concat("has no tensor '", name, "'"));
  }
  Normalisation out;
  out.mean_ = tensors.at("mean").to(at::kFloat).contiguous();
  out.scale_ = tensors.at("scale").to(at::kFloat).contiguous();
  const at::Tensor blocks = tensors.at("blocks").to(at::kLong).contiguous();
  if (out.mean_.dim() != 3 || out.mean_.sizes() != out.scale_.sizes() || blocks.dim() != 1 ||
      out.mean_.size(0) != 1 + blocks.numel()) {
    throw Error(where, "the shapes of 'mean', 'scale' and 'blocks' do not fit together");
  }
  const auto* first = blocks.const_data_ptr<int64_t>();
  out.blocks_.assign(first, first + blocks.numel());
  if (!std::is_sorted(out.blocks_.begin(), out.blocks_.end())) {
    throw Error(where, "'blocks' is not in rising order");
  }
  return out;
}

}  // namespace afterimage
