#include "afterimage/base/options.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

std::string named(const Field& field) { return "'" + field.name + "'"; }

[[noreturn]] void refuse(const Field& field, std::string_view text, std::string_view kind,
                         std::string_view where) {
  throw Error(where, concat(named(field), " is '", text, "'"), concat("Give ", kind));
}

template <typename T>
T parse_number(const Field& field, std::string_view text, std::string_view kind,
               std::string_view where) {
  T value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) refuse(field, text, kind, where);
  return value;
}

void parse(const Field& field, bool& value, std::string_view text, std::string_view where) {
  if (text != "true" && text != "false") refuse(field, text, "true or false", where);
  value = text == "true";
}
void parse(const Field& field, int64_t& value, std::string_view text, std::string_view where) {
  value = parse_number<int64_t>(field, text, "a whole number", where);
}
void parse(const Field& field, double& value, std::string_view text, std::string_view where) {
  value = parse_number<double>(field, text, "a number", where);
}
void parse(const Field&, std::string& value, std::string_view text, std::string_view) {
  value = text;
}
template <typename T>
void parse(const Field& field, std::vector<T>& values, std::string_view text,
           std::string_view where) {
  values.clear();
  for (const auto& part : split(text, ',')) parse(field, values.emplace_back(), part, where);
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

std::string range_text(const Field& field) {
  if (!field.choices.empty()) return join(field.choices, " | ");
  const bool low = std::isfinite(field.low), high = std::isfinite(field.high);
  if (low && high) return number_text(field.low) + ".." + number_text(field.high);
  if (low) return ">= " + number_text(field.low);
  if (high) return "<= " + number_text(field.high);
  return {};
}

void check(const Field& field, double value, std::string_view where) {
  if (!(value >= field.low && value <= field.high)) {
    throw Error(where, concat(named(field), " is ", number_text(value)),
                "Allowed: " + range_text(field));
  }
}
void check(const Field&, bool, std::string_view) {}
void check(const Field& field, int64_t value, std::string_view where) {
  check(field, static_cast<double>(value), where);
}
void check(const Field& field, const std::string& value, std::string_view where) {
  if (field.choices.empty()) return;
  for (const auto& choice : field.choices) {
    if (choice == value) return;
  }
  throw Error(where, concat(named(field), " is '", value, "'"), suggestion(value, field.choices));
}
template <typename T>
void check(const Field& field, const std::vector<T>& values, std::string_view where) {
  for (const auto& value : values) check(field, value, where);
}

}  // namespace

Field&& Field::range(double lowest, double highest) && {
  low = lowest;
  high = highest;
  return std::move(*this);
}
Field&& Field::unit(std::string text) && {
  unit_text = std::move(text);
  return std::move(*this);
}
Field&& Field::one_of(std::vector<std::string> values) && {
  choices = std::move(values);
  return std::move(*this);
}

Fields prefixed(std::string_view prefix, Fields fields) {
  for (auto& field : fields) field.name = concat(prefix, ".", field.name);
  return fields;
}

Fields operator+(Fields left, Fields right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Field& find_field(Fields& fields, std::string_view name, std::string_view where) {
  std::vector<std::string> names;
  for (auto& field : fields) {
    if (field.name == name) return field;
    names.push_back(field.name);
  }
  throw Error(where, concat("unknown key '", name, "'"), suggestion(name, names));
}

void set_field(Field& field, std::string_view text, std::string_view where) {
  std::visit([&](auto* value) { parse(field, *value, text, where); }, field.target);
  check_field(field, where);
}

void check_field(const Field& field, std::string_view where) {
  std::visit([&](auto* value) { check(field, *value, where); }, field.target);
}

void check_fields(const Fields& fields, std::string_view where) {
  for (const auto& field : fields) check_field(field, where);
}

std::string value_text(const Field& field) {
  return std::visit([](auto* value) { return text_of(*value); }, field.target);
}

std::string help_text(const Field& field) {
  std::string facts = field.unit_text;
  const auto add = [&facts](const std::string& fact) {
    if (!fact.empty()) facts += (facts.empty() ? "" : "; ") + fact;
  };
  add(range_text(field));
  const std::string value = value_text(field);
  if (!value.empty()) add("default " + value);
  return facts.empty() ? field.help : field.help + " [" + facts + "]";
}

nlohmann::json to_json(const Fields& fields) {
  auto object = nlohmann::json::object();
  for (const auto& field : fields) {
    std::visit([&](auto* value) { object[field.name] = *value; }, field.target);
  }
  return object;
}

}  // namespace afterimage
