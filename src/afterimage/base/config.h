#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "afterimage/base/options.h"

namespace afterimage {

/// A configuration file (TOML) with overrides: dotted keys and the text of their values. Reading
/// knows no decoder; `apply` matches it against the options of one and refuses what is left over.
class Config {
 public:
  Config() = default;

  /// Reads a TOML file. Errors name the file, line and column.
  static Config read(const std::filesystem::path& path);

  /// Applies "key=value" (as in `--set key=value`) over what the file says; a list may be written
  /// as in TOML. Another kind of a part ("part.kind=other") drops what the file gives the old one;
  /// `notes` names that.
  void override_with(const std::string& assignment);

  /// For two keys of which one makes the other idle: what the command line gives drops the file's
  /// other. A value of 0 counts as not given. Errors: both are given in the same place.
  void exclude(const std::string& first, const std::string& second);

  /// What the user should know of how overrides and file came together, a line each.
  std::vector<std::string> notes() const;

  /// The text of a key, or `fallback` when the file does not have it.
  std::string text(const std::string& key, const std::string& fallback = {}) const;

  /// Sets every option the configuration names. Unknown keys are an Error naming the nearest valid
  /// one; keys in `elsewhere` (exact names) are left to others.
  void apply(Options options, const std::vector<std::string>& elsewhere = {}) const;

  /// Every key with the text of its value and where it stands, in alphabetical order.
  struct Entry {
    std::string key, text, where;
  };
  std::vector<Entry> entries() const;
  /// Names of the tables [table.NAME] in the order of the file, empty ones too.
  std::vector<std::string> tables(const std::string& table) const;

  const std::string& source() const { return source_; }

 private:
  struct Value {
    std::string text;
    std::string where;
  };
  /// An override that named another kind, and the keys of the file that went with the old one.
  struct Dropped {
    std::string assignment, old_kind;
    std::vector<std::string> keys;
  };
  std::map<std::string, Value> values_;
  std::vector<Dropped> dropped_;
  std::vector<std::string> table_names_;  // dotted, in the order of the file
  std::string source_ = "configuration";
};

/// The options as a TOML document with each option's help as a comment: what was really used.
std::string to_toml(const Options& options, const std::string& heading);

}  // namespace afterimage
