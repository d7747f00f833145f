#include "afterimage/importers/bdata_selection.h"

#include <fnmatch.h>

#include <charconv>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

using Columns = std::vector<bool>;

class Parser {
 public:
  Parser(const std::string& text, const std::vector<std::string>& keys,
         const std::function<std::vector<double>(size_t)>& values, const std::string& where)
      : text_(text), keys_(keys), values_(values), where_(where) {}

  Columns run() {
    Columns columns = expression();
    if (position_ != text_.size()) wrong(concat("'", text_[position_], "' does not belong there"));
    return columns;
  }

 private:
  static constexpr int deepest = 100;

  [[noreturn]] void wrong(const std::string& what) const {
    throw Error(where_, concat("'", text_, "' is no selection: ", what),
                "Write it as ROI_V1 = 1 | ROI_V2 = 1");
  }

  char next() {
    while (position_ < text_.size() && text_[position_] == ' ') ++position_;
    return position_ < text_.size() ? text_[position_] : '\0';
  }

  Columns expression() {
    if (++depth_ > deepest) wrong("too many parentheses");
    Columns left = term();
    for (char sign = next(); sign == '|' || sign == '+' || sign == '&' || sign == '-';
         sign = next()) {
      ++position_;
      const Columns right = term();
      for (size_t i = 0; i < left.size(); ++i) {
        if (sign == '&') {
          left[i] = left[i] && right[i];
        } else if (sign == '-') {
          left[i] = left[i] && !right[i];
        } else {
          left[i] = left[i] || right[i];
        }
      }
    }
    --depth_;
    return left;
  }

  Columns term() {
    if (next() != '(') return comparison();
    ++position_;
    Columns inner = expression();
    if (next() != ')') wrong("a parenthesis is not closed");
    ++position_;
    return inner;
  }

  std::string word() {
    constexpr std::string_view signs = "()=|&+-@";
    std::string found;
    for (next(); position_ < text_.size(); ++position_) {
      if (signs.find(text_[position_]) != std::string_view::npos) break;
      if (text_[position_] != ' ') found += text_[position_];
    }
    if (found.empty()) wrong("a key or a number is missing");
    return found;
  }

  Columns comparison() {
    const std::string pattern = word();
    double wanted = 1;
    if (next() == '=') {
      ++position_;
      next();
      const bool negative = position_ < text_.size() && text_[position_] == '-';
      if (negative) ++position_;
      const std::string number = word();
      const char* end = number.data() + number.size();
      const auto [stop, code] = std::from_chars(number.data(), end, wanted);
      if (code != std::errc{} || stop != end) wrong("'" + number + "' is no number");
      if (negative) wanted = -wanted;
    }
    if (next() == '@') wrong("'@' and 'top' are not known here");
    return fitting(pattern, wanted);
  }

  /// Columns in which one of the keys has the value.
  Columns fitting(const std::string& pattern, double wanted) const {
    Columns columns;
    for (size_t key = 0; key < keys_.size(); ++key) {
      if (::fnmatch(pattern.c_str(), keys_[key].c_str(), 0) != 0) continue;
      const auto found = values_(key);
      columns.resize(found.size());
      for (size_t i = 0; i < found.size(); ++i) columns[i] = columns[i] || found[i] == wanted;
    }
    if (columns.empty()) {
      throw Error(where_, "has no metadata '" + pattern + "'", suggestion(pattern, keys_));
    }
    return columns;
  }

  const std::string& text_;
  const std::vector<std::string>& keys_;
  const std::function<std::vector<double>(size_t)>& values_;
  const std::string& where_;
  size_t position_ = 0;
  int depth_ = 0;
};

}  // namespace

std::vector<bool> select_columns(const std::string& expression,
                                 const std::vector<std::string>& keys,
                                 const std::function<std::vector<double>(size_t)>& values,
                                 const std::string& where) {
  return Parser(expression, keys, values, where).run();
}

}  // namespace afterimage
