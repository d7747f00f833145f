#include "afterimage/base/config.h"

#include <toml++/toml.h>
#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

std::string scalar_text(const toml::node& node, const std::string& where) {
  if (const auto* value = node.as_boolean()) return value->get() ? "true" : "false";
  if (const auto* value = node.as_integer()) return std::to_string(value->get());
  if (const auto* value = node.as_floating_point()) return number_text(value->get());
  if (const auto* value = node.as_string()) return value->get();
  throw Error(where, "a date or time is no value here", "Give a number, text, true or false");
}

std::string node_text(const toml::node& node, const std::string& where) {
  const auto* array = node.as_array();
  if (!array) return scalar_text(node, where);
  std::vector<std::string> parts;
  for (const auto& element : *array) parts.push_back(scalar_text(element, where));
  return join(parts, ",");
}

/// The value of an override: as it stands, or a list as TOML writes it ('["V1", "V4"]').
std::string override_text(const std::string& assignment, const std::string& text) {
  if (!text.starts_with("[")) return text;
  try {
    return node_text(*toml::parse("list = " + text).get("list"), "--set");
  } catch (const toml::parse_error&) {
    throw Error("--set", "'" + assignment + "' is no list",
                "Write key=a,b or, as in TOML, key=[\"a\", \"b\"] (in single quotes)");
  }
}

/// Names that need no quotes in TOML come out of a string value quoted, numbers and flags bare.
std::string toml_value(const Option& option) {
  struct Writer {
    static std::string quoted(const std::string& text) {
      std::string out = "\"";
      for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n') {
          out += "\\n";
        } else {
          out += c;
        }
      }
      return out + "\"";
    }
    std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
    std::string operator()(const int64_t* value) const { return std::to_string(*value); }
    std::string operator()(const double* value) const { return number_text(*value); }
    std::string operator()(const std::string* value) const { return quoted(*value); }
    std::string operator()(const std::vector<std::string>* values) const {
      std::vector<std::string> parts;
      for (const auto& value : *values) parts.push_back(quoted(value));
      return "[" + join(parts) + "]";
    }
    std::string operator()(const std::vector<double>* values) const {
      std::vector<std::string> parts;
      for (const double value : *values) parts.push_back(number_text(value));
      return "[" + join(parts) + "]";
    }
    std::string operator()(const std::vector<int64_t>* values) const {
      std::vector<std::string> parts;
      for (const int64_t value : *values) parts.push_back(std::to_string(value));
      return "[" + join(parts) + "]";
    }
  };
  return std::visit(Writer{}, option.target);
}

}  // namespace

Config Config::read(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    throw Error(path, "no such file", "'afterimage list configs' shows those that come with it");
  }
  if (std::filesystem::is_directory(path)) throw Error(path, "is a folder", "Name a TOML file");
  Config config;
  config.source_ = path.string();
  toml::table table;
  try {
    table = toml::parse_file(path.string());
  } catch (const toml::parse_error& error) {
    throw Error(
        concat(path.string(), ":", error.source().begin.line, ":", error.source().begin.column),
        error.description(), "The file must be TOML");
  }
  // toml++ sorts keys; what the user wrote first comes first.
  std::multimap<toml::source_position, std::string> opened;
  const auto walk = [&](const auto& self, const toml::table& level,
                        const std::string& prefix) -> void {
    for (const auto& [key, node] : level) {
      const std::string name = prefix + std::string(key.str());
      const std::string where = concat(path.string(), ":", node.source().begin.line);
      if (const auto* inner = node.as_table()) {
        opened.emplace(node.source().begin, name);
        self(self, *inner, name + ".");
      } else {
        config.values_[name] = {node_text(node, where), where};
      }
    }
  };
  walk(walk, table, "");
  for (auto& [position, name] : opened) config.table_names_.push_back(std::move(name));
  return config;
}

std::vector<Config::Entry> Config::entries() const {
  std::vector<Entry> all;
  for (const auto& [key, value] : values_) all.push_back({key, value.text, value.where});
  return all;
}

std::vector<std::string> Config::tables(const std::string& table) const {
  std::vector<std::string> names;
  for (const auto& name : table_names_) {
    if (!name.starts_with(table + ".")) continue;
    const std::string last = name.substr(table.size() + 1);
    if (last.find('.') == std::string::npos) names.push_back(last);
  }
  return names;
}

void Config::override_with(const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error("--set", "'" + assignment + "' is no assignment", "Write key=value");
  }
  const std::string key = assignment.substr(0, equals);
  const std::string text = override_text(assignment, assignment.substr(equals + 1));
  const auto there = values_.find(key);
  if (key.ends_with(".kind") && there != values_.end() && there->second.text != text) {
    // Another kind has other options: those that the file gives the old one go.
    const std::string table = key.substr(0, key.rfind('.') + 1);
    Dropped dropped{assignment, there->second.text, {}};
    std::erase_if(values_, [&](const auto& entry) {
      const auto& [name, value] = entry;
      if (!name.starts_with(table) || value.where == "--set") return false;
      if (name != key) dropped.keys.push_back(name);
      return true;
    });
    dropped_.push_back(std::move(dropped));
  }
  values_[key] = {text, "--set"};
}

void Config::exclude(const std::string& first, const std::string& second) {
  const auto a = values_.find(first), b = values_.find(second);
  const auto given = [this](const auto& entry) {
    return entry != values_.end() && entry->second.text != "0";
  };
  if (!given(a) || !given(b)) return;
  const bool first_set = a->second.where == "--set", second_set = b->second.where == "--set";
  if (first_set == second_set) {
    throw Error(b->second.where, concat("'", first, "' and '", second, "' are both given"),
                "Give one of them");
  }
  values_.erase(first_set ? b : a);
}

std::vector<std::string> Config::notes() const {
  std::vector<std::string> lines;
  for (const auto& dropped : dropped_) {
    std::vector<std::string> lost;
    for (const auto& key : dropped.keys) {
      if (!values_.contains(key)) lost.push_back(key);
    }
    if (lost.empty()) continue;
    lines.push_back(concat(dropped.assignment, " drops what the configuration says for '",
                           dropped.old_kind, "': ", join(lost)));
  }
  return lines;
}

std::string Config::text(const std::string& key, const std::string& fallback) const {
  const auto found = values_.find(key);
  return found == values_.end() ? fallback : found->second.text;
}

void Config::apply(Options options, const std::vector<std::string>& elsewhere) const {
  for (const auto& [name, value] : values_) {
    if (std::find(elsewhere.begin(), elsewhere.end(), name) != elsewhere.end()) continue;
    set_option(find_option(options, name, value.where), value.text, value.where);
  }
}

std::string to_toml(const Options& options, const std::string& heading) {
  const auto table_of = [](const Option& option) {
    const size_t dot = option.name.rfind('.');
    return dot == std::string::npos ? std::string() : option.name.substr(0, dot);
  };
  // TOML opens each table once, keys without a table come first.
  std::vector<std::string> tables = {""};
  for (const auto& option : options) {
    const std::string table = table_of(option);
    if (std::find(tables.begin(), tables.end(), table) == tables.end()) tables.push_back(table);
  }
  std::string out = heading;
  for (const auto& table : tables) {
    if (!table.empty()) out += "\n[" + table + "]\n";
    for (const auto& option : options) {
      if (table_of(option) != table) continue;
      const std::string key = table.empty() ? option.name : option.name.substr(table.size() + 1);
      out += key + " = " + toml_value(option) + "  # " + option.help +
             (option.unit_text.empty() ? "" : " [" + option.unit_text + "]") + "\n";
    }
  }
  return out;
}

}  // namespace afterimage
