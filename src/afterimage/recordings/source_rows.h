#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// Some samples of another source, as a source of their own; recorded ones before made ones.
class SourceRows : public SampleSource {
 public:
  /// `of` outlives it.
  SourceRows(const SampleSource& of, std::vector<int64_t> rows);

  const std::vector<int64_t>& stimulus() const override { return stimulus_; }
  std::vector<std::string> photographs() const override;
  Captions captions() const override { return of_.captions(); }
  const std::vector<int64_t>& trials_averaged() const override { return trials_averaged_; }
  int64_t sensors() const override { return of_.sensors(); }
  int64_t bins() const override { return of_.bins(); }
  int64_t image_size() const override { return of_.image_size(); }
  int64_t channels() const override { return of_.channels(); }
  int64_t recorded() const override;
  at::Tensor responses(const std::vector<int64_t>& rows) const override;
  at::Tensor images(const std::vector<int64_t>& rows) const override;
  std::string where() const override { return of_.where(); }

 private:
  std::vector<int64_t> those(const std::vector<int64_t>& rows) const;

  const SampleSource& of_;
  std::vector<int64_t> rows_, stimulus_, trials_averaged_;
};

}  // namespace afterimage
