#include "afterimage/analysis/latex.h"

#include <string_view>

#include "afterimage/base/text.h"

namespace afterimage {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("&%$#_{}").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string line(const std::vector<std::string>& fields) {
  std::vector<std::string> safe;
  for (const auto& field : fields) safe.push_back(escaped(field));
  return join(safe, " & ") + " \\\\\n";
}

}  // namespace

std::string latex(const Table& table) {
  std::string text = concat("\\begin{tabular}{l", std::string(table.columns.size() - 1, 'r'),
                            "}\n\\hline\n", line(table.columns), "\\hline\n");
  for (const auto& row : table.rows) {
    std::vector<std::string> fields;
    for (const auto& cell : row) fields.push_back(shown(cell));
    text += line(fields);
  }
  return text + "\\hline\n\\end{tabular}\n";
}

}  // namespace afterimage
