#pragma once

#include <string>
#include <utility>
#include <vector>

#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// Some samples of another source, which must outlive it.
class SampleRows : public SampleSource {
 public:
  SampleRows(const SampleSource& all, std::vector<int64_t> rows)
      : all_(all),
        rows_(std::move(rows)),
        stimulus_(picked(all.stimulus(), rows_)),
        trials_averaged_(picked(all.trials_averaged(), rows_)) {}

  const std::vector<int64_t>& stimulus() const override { return stimulus_; }
  std::vector<std::string> photographs() const override {
    return picked(all_.photographs(), rows_);
  }
  const std::vector<int64_t>& trials_averaged() const override { return trials_averaged_; }
  int64_t sensors() const override { return all_.sensors(); }
  int64_t bins() const override { return all_.bins(); }
  int64_t image_size() const override { return all_.image_size(); }
  int64_t channels() const override { return all_.channels(); }
  at::Tensor responses(const std::vector<int64_t>& rows) const override {
    return all_.responses(picked(rows_, rows));
  }
  at::Tensor images(const std::vector<int64_t>& rows) const override {
    return all_.images(picked(rows_, rows));
  }
  std::string where() const override { return all_.where(); }

 private:
  template <typename T>
  static std::vector<T> picked(const std::vector<T>& values, const std::vector<int64_t>& rows) {
    std::vector<T> out;
    out.reserve(rows.size());
    for (const int64_t row : rows) out.push_back(values.at(static_cast<size_t>(row)));
    return out;
  }

  const SampleSource& all_;
  std::vector<int64_t> rows_, stimulus_, trials_averaged_;
};

}  // namespace afterimage
