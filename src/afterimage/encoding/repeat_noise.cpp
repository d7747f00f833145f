#include "afterimage/encoding/repeat_noise.h"

#include <ATen/ATen.h>

#include <map>

namespace afterimage {

RepeatNoise::RepeatNoise(const std::vector<int64_t>& stimulus) {
  std::map<int64_t, int64_t> shown, place;
  for (const auto s : stimulus) ++shown[s];
  std::vector<double> count;
  for (const auto& [s, times] : shown) {
    if (times < 2) continue;
    place[s] = std::ssize(count);
    count.push_back(static_cast<double>(times));
    freedom_ += times - 1;
  }
  for (const auto s : stimulus) place_.push_back(place.contains(s) ? place[s] : -1);
  count_ = at::tensor(count, at::kDouble);
}

void RepeatNoise::add(const std::vector<int64_t>& rows, const at::Tensor& responses) {
  std::vector<int64_t> from, to;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto place = place_[static_cast<size_t>(rows[i])];
    if (place < 0) continue;
    from.push_back(static_cast<int64_t>(i));
    to.push_back(place);
  }
  if (!sum_.defined()) {
    auto shape = responses.sizes().vec();
    squares_ = at::zeros(at::IntArrayRef(shape).slice(1), at::kDouble);
    shape[0] = count_.size(0);
    sum_ = at::zeros(shape, at::kDouble);
  }
  if (from.empty()) return;
  const auto repeated = responses.index_select(0, at::tensor(from, at::kLong));
  sum_.index_add_(0, at::tensor(to, at::kLong), repeated);
  squares_ += repeated.square().sum(0);
}

at::Tensor RepeatNoise::variance() const {
  const auto shape = std::vector<int64_t>(static_cast<size_t>(sum_.dim() - 1), 1);
  auto counts = shape;
  counts.insert(counts.begin(), -1);
  const auto around = squares_ - (sum_.square() / count_.view(counts)).sum(0);
  return around / static_cast<double>(freedom_);
}

}  // namespace afterimage
