#include "afterimage/projections/attention_parts.h"

#include <ATen/ATen.h>

namespace afterimage {
namespace {

template <typename Change>
AttentionParts changed(const AttentionParts& parts, Change change) {
  auto all = parts.all();
  for (auto& part : all) part = change(part);
  return AttentionParts::of(all);
}

}  // namespace

AttentionParts AttentionParts::channels(const at::Tensor& rows) const {
  return changed(*this, [&](const at::Tensor& part) { return part.index_select(0, rows); });
}

AttentionParts AttentionParts::zeros_like() const {
  return changed(*this, [](const at::Tensor& part) {
    return at::zeros_like(part, at::MemoryFormat::Contiguous);
  });
}

void AttentionParts::add(const AttentionParts& other, const at::Tensor& rows) const {
  const auto ours = all(), theirs = other.all();
  for (size_t i = 0; i < count; ++i) {
    if (rows.defined())
      ours[i].index_add_(0, rows, theirs[i]);
    else
      ours[i].add_(theirs[i]);
  }
}

AttentionParts AttentionParts::transposed() const {
  return {score.transpose(2, 4), score_y, score_x, value, value_y, value_x};
}

AttentionGrid::AttentionGrid(int64_t side, int64_t k, const at::TensorOptions& options)
    : axis(side, k),
      class_of(at::tensor(axis.of, at::kLong).to(options.device())),
      members(axis.members.to(options)),
      taps(axis.taps.to(options)) {}

}  // namespace afterimage
