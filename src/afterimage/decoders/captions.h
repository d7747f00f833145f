#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace afterimage {

/// What people wrote of photographs: a table (CSV or TSV) with the columns "stimulus" and
/// "caption", a row for each caption, several a photograph (COCO has five).
class Captions {
 public:
  Captions() = default;
  /// Errors: no such file, a column that is missing, no rows.
  explicit Captions(const std::filesystem::path& path);

  bool empty() const { return of_.empty(); }
  /// Those of a stimulus called any of `names`. Errors, at the table: none.
  const std::vector<std::string>& of(const std::vector<std::string>& names) const;

 private:
  std::string where_;
  std::map<std::string, std::vector<std::string>> of_;
};

}  // namespace afterimage
