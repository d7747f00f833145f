#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/formats/hdf5.h"

namespace afterimage {

/// One BData file: /dataset (sample, column), /metadata/key and /metadata/value (key, column),
/// /vmap/KEY/NUMBER (dataSet and metaData in files of before 2018).
class BDataFile {
 public:
  /// Errors: no HDF5, parts that are missing or do not fit together.
  explicit BDataFile(const std::filesystem::path& path);

  const std::string& where() const { return where_; }
  int64_t samples() const { return samples_; }
  /// Samples that `rows` is best asked for at once: it reads all columns of them.
  int64_t batch() const;
  const std::vector<std::string>& keys() const { return keys_; }
  bool has(const std::string& key) const;

  /// Columns that a selection chooses (see select_columns), at least one.
  std::vector<int64_t> columns(const std::string& selection) const;
  /// The value of a key in these columns.
  std::vector<double> metadata(const std::string& key, const std::vector<int64_t>& columns) const;
  /// The column that a key marks, as whole numbers. Errors: none or several, NaN, fractions.
  std::vector<int64_t> numbers(const std::string& key) const;
  /// What the numbers of a key mean; empty where the file does not say.
  std::map<int64_t, std::string> labels(const std::string& key) const;

  /// (n, column) float32 of samples [first, first + n).
  at::Tensor rows(int64_t first, int64_t count, const std::vector<int64_t>& columns) const;

 private:
  hdf5::File file_;
  std::string where_, dataset_, metadata_;
  int64_t samples_ = 0, columns_ = 0;
  std::vector<std::string> keys_;
};

}  // namespace afterimage
