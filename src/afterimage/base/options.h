#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace afterimage {

/// One option, declared once: its name, where its value lives, its range, unit and help. The
/// command line, the configuration file, `--help`, the saved configuration and the docs are all
/// made of these.
///
///     struct NoiseOptions {
///       double snr = 2;
///       Fields fields() {
///         return {Field("snr", snr, "signal variance over noise variance").range(0.01, 100)};
///       }
///     };
struct Field {
  using Target = std::variant<bool*, int64_t*, double*, std::string*, std::vector<std::string>*,
                              std::vector<double>*, std::vector<int64_t>*>;

  template <typename T>
  Field(std::string field_name, T& value, std::string field_help)
      : name(std::move(field_name)), target(&value), help(std::move(field_help)) {}

  /// Smallest and largest allowed value, both included (for a list: of each element).
  Field&& range(double low, double high = std::numeric_limits<double>::infinity()) &&;
  /// Unit shown after the value, such as "ms" or "stimulus widths".
  Field&& unit(std::string text) &&;
  /// The only values allowed.
  Field&& one_of(std::vector<std::string> values) &&;

  std::string name;  ///< dotted: "training.steps" is the key `steps` of the table `[training]`
  Target target;
  std::string help;
  std::string unit_text;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices;
};

using Fields = std::vector<Field>;

/// The fields with "prefix." before each name.
Fields prefixed(std::string_view prefix, Fields fields);

/// The two lists in one.
Fields operator+(Fields left, Fields right);

/// The field called `name`; an Error that offers the nearest name when there is none.
Field& find_field(Fields& fields, std::string_view name, std::string_view where);

/// Sets a field from text ("12", "true", "a,b,c"). Errors name `where`, the field and its range.
void set_field(Field& field, std::string_view text, std::string_view where);

/// Refuses values out of range or not among the choices.
void check_field(const Field& field, std::string_view where);
void check_fields(const Fields& fields, std::string_view where);

/// The value as `set_field` reads it.
std::string value_text(const Field& field);

/// "help [unit, default 3, 1..10]".
std::string help_text(const Field& field);

/// The values as a flat object of dotted names.
nlohmann::json to_json(const Fields& fields);

}  // namespace afterimage
