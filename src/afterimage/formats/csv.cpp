#include "afterimage/formats/csv.h"

#include <csv.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

using Row = std::vector<std::string>;

/// Collects what libcsv finds.
struct Rows {
  std::vector<Row> rows;
  Row open;
};

std::vector<Row> parse(std::string_view text, char delimiter, const std::string& where) {
  csv_parser parser;
  if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
  csv_set_delim(&parser, static_cast<unsigned char>(delimiter));
  Rows found;
  const auto field = [](void* data, size_t size, void* into) {
    static_cast<Rows*>(into)->open.emplace_back(static_cast<const char*>(data), size);
  };
  const auto end_of_row = [](int, void* into) {
    auto& all = *static_cast<Rows*>(into);
    all.rows.push_back(std::move(all.open));
    all.open.clear();
  };
  const size_t read = csv_parse(&parser, text.data(), text.size(), field, end_of_row, &found);
  const bool whole = read == text.size() && csv_fini(&parser, field, end_of_row, &found) == 0;
  csv_free(&parser);
  if (!whole) {
    throw Error(concat(where, ":", found.rows.size() + 1), "has a quote that does not belong there",
                "Quote a whole field, and write a quote in it twice");
  }
  return std::move(found.rows);
}

template <typename T>
std::vector<T> parsed(const std::vector<std::string>& fields, const std::string& where,
                      const std::string& name, const char* kind) {
  std::vector<T> values;
  for (size_t row = 0; row < fields.size(); ++row) {
    const std::string& field = fields[row];
    const char* end = field.data() + field.size();
    T value{};
    if (std::is_floating_point_v<T> && field.empty()) {
      values.push_back(std::numeric_limits<T>::quiet_NaN());
      continue;
    }
    const char* begin = field.starts_with("+") ? field.data() + 1 : field.data();
    const auto [stop, code] = std::from_chars(begin, end, value);
    if (code != std::errc{} || stop != end) {
      throw Error(concat(where, ":", row + 2), concat("'", name, "' is '", field, "'"), kind);
    }
    values.push_back(value);
  }
  return values;
}

bool needs_quotes(const std::string& field) {
  return field.find_first_of(",\"\r\n") != std::string::npos || field.starts_with(" ") ||
         field.ends_with(" ");
}

std::string csv_field(const std::string& field) {
  if (!needs_quotes(field)) return field;
  std::string quoted(2 * field.size() + 2, '\0');
  quoted.resize(csv_write(quoted.data(), quoted.size(), field.data(), field.size()));
  return quoted;
}

}  // namespace

CsvTable CsvTable::read(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) throw Error(path, "no such file");
  if (std::filesystem::is_directory(path)) throw Error(path, "is a folder", "Name a CSV file");
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  const std::string text = read_text(path);
  std::string_view body = text;
  if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
  CsvTable table;
  table.where_ = path.string();
  auto rows = parse(body, path.extension() == ".tsv" ? '\t' : ',', table.where_);
  if (rows.empty()) throw Error(path, "is empty", "Its first row names the columns");
  table.names_ = std::move(rows[0]);
  for (const auto& name : table.names_) {
    if (std::count(table.names_.begin(), table.names_.end(), name) > 1) {
      throw Error(path, "has two columns '" + name + "'");
    }
  }
  table.rows_ = static_cast<int64_t>(rows.size()) - 1;
  table.columns_.resize(table.names_.size());
  for (size_t row = 1; row < rows.size(); ++row) {
    if (rows[row].size() != table.names_.size()) {
      throw Error(concat(path.string(), ":", row + 1), concat("has ", rows[row].size(), " fields"),
                  concat("The first row names ", table.names_.size(), " columns"));
    }
    for (size_t i = 0; i < rows[row].size(); ++i) {
      table.columns_[i].push_back(std::move(rows[row][i]));
    }
  }
  return table;
}

bool CsvTable::has(const std::string& name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

const std::vector<std::string>& CsvTable::column(const std::string& name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) {
    throw Error(where_, "has no column '" + name + "'", suggestion(name, names_));
  }
  return columns_[static_cast<size_t>(found - names_.begin())];
}

std::vector<double> CsvTable::numbers(const std::string& name) const {
  return parsed<double>(column(name), where_, name, "Give a number, or nothing where unknown");
}

std::vector<int64_t> CsvTable::integers(const std::string& name) const {
  return parsed<int64_t>(column(name), where_, name, "Give a whole number");
}

std::string csv_row(const std::vector<std::string>& fields) {
  std::string text;
  for (size_t i = 0; i < fields.size(); ++i) text += (i > 0 ? "," : "") + csv_field(fields[i]);
  return text + '\n';
}

std::string csv_text(const std::vector<std::string>& names,
                     const std::vector<std::vector<std::string>>& columns) {
  std::string text = csv_row(names);
  for (size_t row = 0; !columns.empty() && row < columns[0].size(); ++row) {
    std::vector<std::string> fields;
    for (const auto& column : columns) fields.push_back(column[row]);
    text += csv_row(fields);
  }
  return text;
}

}  // namespace afterimage
