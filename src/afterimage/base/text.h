#pragma once

#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace afterimage {

/// The arguments written one after the other, as a stream would.
template <typename... Args>
std::string concat(const Args&... args) {
  std::ostringstream out;
  (out << ... << args);
  return out.str();
}

/// The words with `separator` between them.
std::string join(const std::vector<std::string>& words, std::string_view separator = ", ");

/// The parts of `text` between the separators; empty text has no parts.
std::vector<std::string> split(std::string_view text, char separator);

/// Number of insertions, deletions and substitutions that turn `a` into `b` (Levenshtein 1966).
size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `name` when it is near enough to be a slip of the pen, else "".
std::string closest(std::string_view name, const std::vector<std::string>& candidates);

/// What to say of an unknown name: "Did you mean 'x'?" or "Known: a, b, c".
std::string suggestion(std::string_view name, const std::vector<std::string>& candidates);

/// "WORD 0", "WORD 1", ...
std::vector<std::string> numbered(std::string_view word, int64_t count);

/// Shortest decimal text that reads back as the same number (1e-4, 0.5, 12).
std::string number_text(double value);

/// Bytes as "1.5 GiB".
std::string bytes_text(double bytes);

/// Seconds as "1 h 02 min", "3 min 05 s" or "12 s".
std::string duration_text(double seconds);

}  // namespace afterimage
