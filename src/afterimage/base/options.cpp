#include "afterimage/base/options.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

std::string named(const Option& option) { return "'" + option.name + "'"; }

[[noreturn]] void refuse(const Option& option, std::string_view text, std::string_view kind,
                         std::string_view where) {
  throw Error(where, concat(named(option), " is '", text, "'"), concat("Give ", kind));
}

template <typename T>
T parse_number(const Option& option, std::string_view text, std::string_view kind,
               std::string_view where) {
  T value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) refuse(option, text, kind, where);
  return value;
}

void parse(const Option& option, bool& value, std::string_view text, std::string_view where) {
  if (text != "true" && text != "false") refuse(option, text, "true or false", where);
  value = text == "true";
}
void parse(const Option& option, int64_t& value, std::string_view text, std::string_view where) {
  value = parse_number<int64_t>(option, text, "a whole number", where);
}
void parse(const Option& option, double& value, std::string_view text, std::string_view where) {
  value = parse_number<double>(option, text, "a number", where);
}
void parse(const Option&, std::string& value, std::string_view text, std::string_view) {
  value = text;
}
template <typename T>
void parse(const Option& option, std::vector<T>& values, std::string_view text,
           std::string_view where) {
  values.clear();
  for (const auto& part : split(text, ',')) parse(option, values.emplace_back(), part, where);
}

std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(int64_t value) { return std::to_string(value); }
std::string text_of(double value) { return number_text(value); }
std::string text_of(const std::string& value) { return value; }
template <typename T>
std::string text_of(const std::vector<T>& values) {
  std::vector<std::string> words;
  for (const auto& value : values) words.push_back(text_of(value));
  return join(words, ",");
}

std::string range_text(const Option& option) {
  if (!option.choices.empty()) return join(option.choices, " | ");
  const bool low = std::isfinite(option.low), high = std::isfinite(option.high);
  if (low && high) return number_text(option.low) + ".." + number_text(option.high);
  if (low) return ">= " + number_text(option.low);
  if (high) return "<= " + number_text(option.high);
  return {};
}

void check(const Option& option, double value, std::string_view where) {
  if (!(value >= option.low && value <= option.high)) {
    throw Error(where, concat(named(option), " is ", number_text(value)),
                "Allowed: " + range_text(option));
  }
}
void check(const Option&, bool, std::string_view) {}
void check(const Option& option, int64_t value, std::string_view where) {
  check(option, static_cast<double>(value), where);
}
void check(const Option& option, const std::string& value, std::string_view where) {
  if (option.choices.empty()) return;
  for (const auto& choice : option.choices) {
    if (choice == value) return;
  }
  throw Error(where, concat(named(option), " is '", value, "'"), suggestion(value, option.choices));
}
template <typename T>
void check(const Option& option, const std::vector<T>& values, std::string_view where) {
  for (const auto& value : values) check(option, value, where);
}

}  // namespace

Option&& Option::range(double lowest, double highest) && {
  low = lowest;
  high = highest;
  return std::move(*this);
}
Option&& Option::unit(std::string text) && {
  unit_text = std::move(text);
  return std::move(*this);
}
Option&& Option::one_of(std::vector<std::string> values) && {
  choices = std::move(values);
  return std::move(*this);
}

Options prefixed(std::string_view prefix, Options options) {
  for (auto& option : options) option.name = concat(prefix, ".", option.name);
  return options;
}

Options operator+(Options left, Options right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Option& find_option(Options& options, std::string_view name, std::string_view where) {
  std::vector<std::string> names;
  for (auto& option : options) {
    if (option.name == name) return option;
    names.push_back(option.name);
  }
  throw Error(where, concat("unknown key '", name, "'"), suggestion(name, names));
}

void set_option(Option& option, std::string_view text, std::string_view where) {
  std::visit([&](auto* value) { parse(option, *value, text, where); }, option.target);
  check_option(option, where);
}

void check_option(const Option& option, std::string_view where) {
  std::visit([&](auto* value) { check(option, *value, where); }, option.target);
}

void check_options(const Options& options, std::string_view where) {
  for (const auto& option : options) check_option(option, where);
}

std::string value_text(const Option& option) {
  return std::visit([](auto* value) { return text_of(*value); }, option.target);
}

std::string help_text(const Option& option) {
  std::string facts = option.unit_text;
  const auto add = [&facts](const std::string& fact) {
    if (!fact.empty()) facts += (facts.empty() ? "" : "; ") + fact;
  };
  add(range_text(option));
  const std::string value = value_text(option);
  if (!value.empty()) add("default " + value);
  return facts.empty() ? option.help : option.help + " [" + facts + "]";
}

nlohmann::json to_json(const Options& options) {
  auto object = nlohmann::json::object();
  for (const auto& option : options) {
    std::visit([&](auto* value) { object[option.name] = *value; }, option.target);
  }
  return object;
}

}  // namespace afterimage
