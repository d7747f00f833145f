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
///       Options options() {
///         return {Option("snr", snr, "signal variance over noise variance").range(0.01, 100)};
///       }
///     };
struct Option {
  using Target = std::variant<bool*, int64_t*, double*, std::string*, std::vector<std::string>*,
                              std::vector<double>*, std::vector<int64_t>*>;

  template <typename T>
  Option(std::string its_name, T& value, std::string its_help)
      : name(std::move(its_name)), target(&value), help(std::move(its_help)) {}

  /// Smallest and largest allowed value, both included (for a list: of each element).
  Option&& range(double low, double high = std::numeric_limits<double>::infinity()) &&;
  /// Unit shown after the value, such as "ms" or "stimulus widths".
  Option&& unit(std::string text) &&;
  /// The only values allowed.
  Option&& one_of(std::vector<std::string> values) &&;

  std::string name;  ///< dotted: "training.steps" is the key `steps` of the table `[training]`
  Target target;
  std::string help;
  std::string unit_text;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices;
};

using Options = std::vector<Option>;

/// The options with "prefix." before each name.
Options prefixed(std::string_view prefix, Options options);

/// The two lists in one.
Options operator+(Options left, Options right);

/// The option called `name`; an Error that offers the nearest name when there is none.
Option& find_option(Options& options, std::string_view name, std::string_view where);

/// Sets an option from text ("12", "true", "a,b,c"). Errors name `where`, the option and its range.
void set_option(Option& option, std::string_view text, std::string_view where);

/// Refuses values out of range or not among the choices.
void check_option(const Option& option, std::string_view where);
void check_options(const Options& options, std::string_view where);

/// The value as `set_option` reads it.
std::string value_text(const Option& option);

/// "help [unit, default 3, 1..10]".
std::string help_text(const Option& option);

/// The values as a flat object of dotted names.
nlohmann::json to_json(const Options& options);

}  // namespace afterimage
