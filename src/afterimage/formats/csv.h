#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace afterimage {

/// A table in a text file: a row of column names, then one row per thing; fields between commas
/// (tabs in a .tsv file), quoted where they hold commas, quotes or newlines (RFC 4180, by libcsv).
class CsvTable {
 public:
  /// Errors: missing, no header, names that occur twice, rows of another length, broken quotes.
  static CsvTable read(const std::filesystem::path& path);

  /// Rows below the header.
  int64_t rows() const { return rows_; }
  const std::vector<std::string>& names() const { return names_; }
  bool has(const std::string& name) const;

  /// The fields of a column. Errors: no such column (those there are listed).
  const std::vector<std::string>& column(const std::string& name) const;
  /// The same as numbers; empty and "nan" are NaN. Errors name the line.
  std::vector<double> numbers(const std::string& name) const;
  /// The same as whole numbers.
  std::vector<int64_t> integers(const std::string& name) const;

 private:
  std::string where_;
  int64_t rows_ = 0;
  std::vector<std::string> names_;
  std::vector<std::vector<std::string>> columns_;
};

/// One row with its line break; fields are quoted where they must be.
std::string csv_row(const std::vector<std::string>& fields);

/// The text of a table whose columns are equally long; fields are quoted where they must be.
std::string csv_text(const std::vector<std::string>& names,
                     const std::vector<std::vector<std::string>>& columns);

}  // namespace afterimage
