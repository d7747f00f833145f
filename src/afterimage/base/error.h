#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace afterimage {

/// Something a user caused and can mend: a bad file, option or value. Commands print the message as
/// one line and exit with code 2. Programming errors are assertions, never this.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  /// "WHERE: WHAT. RIGHT" in one line: `where` names a file, key or row, `what` says what is wrong
  /// and `right` what would be right.
  Error(std::string_view where, std::string_view what, std::string_view right = {});
  Error(const std::filesystem::path& where, std::string_view what, std::string_view right = {})
      : Error(std::string_view(where.native()), what, right) {}
  Error(const std::string& where, std::string_view what, std::string_view right = {})
      : Error(std::string_view(where), what, right) {}
  Error(const char* where, std::string_view what, std::string_view right = {})
      : Error(std::string_view(where), what, right) {}
};

/// The user asked to stop (Ctrl-C) and what was done so far is saved. Commands exit with code 130.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace afterimage
