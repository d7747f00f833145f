#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace afterimage {

struct RecordingInfo;

/// What people wrote of images, several texts each (COCO has five a photograph), by the names of
/// the images.
class Captions {
 public:
  Captions() = default;
  /// Of a table, as `read` takes it.
  explicit Captions(const std::filesystem::path& table) { read(table); }
  /// Of a recording (/stimuli/caption), by the names of its stimuli and of what they were cut from.
  Captions(const RecordingInfo& info, std::string where);

  /// Adds those of a table (CSV or TSV) with the columns "stimulus" and "caption", a row for each
  /// caption. Errors: no such file, a column that is missing, no rows.
  void read(const std::filesystem::path& table);
  /// Adds one, unless the name has the same already.
  void add(const std::string& name, const std::string& caption);

  bool empty() const { return of_.empty(); }
  /// Those of what is called any of `names`; none where there are none.
  std::vector<std::string> find(const std::vector<std::string>& names) const;
  /// The same. Errors, at where they come from: none.
  std::vector<std::string> of(const std::vector<std::string>& names) const;
  /// Those of each stimulus of a recording, called by its name or by what it was cut from. Errors,
  /// at `where`: none of any stimulus.
  std::vector<std::vector<std::string>> of_stimuli(const RecordingInfo& info,
                                                   const std::string& where) const;
  /// Equal only for equal captions of equal names.
  std::string fingerprint() const;

 private:
  std::string where_;
  std::map<std::string, std::vector<std::string>> of_;
};

}  // namespace afterimage
