#include "afterimage/recordings/source_rows.h"

#include <ATen/core/Tensor.h>

#include <algorithm>

namespace afterimage {

SourceRows::SourceRows(const SampleSource& of, std::vector<int64_t> rows)
    : of_(of), rows_(std::move(rows)) {
  for (const auto row : rows_) {
    const auto place = static_cast<size_t>(row);
    stimulus_.push_back(of.stimulus().at(place));
    trials_averaged_.push_back(of.trials_averaged().at(place));
  }
}

std::vector<std::string> SourceRows::photographs() const {
  const auto all = of_.photographs();
  std::vector<std::string> some;
  for (const auto row : rows_) some.push_back(all[static_cast<size_t>(row)]);
  return some;
}

int64_t SourceRows::recorded() const {
  return std::count_if(rows_.begin(), rows_.end(),
                       [&](int64_t row) { return row < of_.recorded(); });
}

at::Tensor SourceRows::responses(const std::vector<int64_t>& rows) const {
  return of_.responses(those(rows));
}

at::Tensor SourceRows::images(const std::vector<int64_t>& rows) const {
  return of_.images(those(rows));
}

std::vector<int64_t> SourceRows::those(const std::vector<int64_t>& rows) const {
  std::vector<int64_t> own;
  for (const auto row : rows) own.push_back(rows_.at(static_cast<size_t>(row)));
  return own;
}

}  // namespace afterimage
