#include "afterimage/base/options.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"

namespace afterimage {
namespace {

struct Example {
  bool fast = false;
  int64_t steps = 100;
  double rate = 2e-4;
  std::string kind = "fixed";
  std::vector<std::string> rois = {"V1", "V4"};
  std::vector<double> scales = {1, 0.5};
  std::vector<int64_t> widths = {64};

  Options options() {
    return {
        Option("fast", fast, "skip checks"),
        Option("steps", steps, "training steps").range(1, 1000).unit("steps"),
        Option("rate", rate, "learning rate").range(0),
        Option("kind", kind, "projection").one_of({"fixed", "gaussian", "attention"}),
        Option("rois", rois, "regions"),
        Option("scales", scales, "scales").range(0.1, 2),
        Option("widths", widths, "channels"),
    };
  }
};

/// The message of the Error that `action` throws.
template <typename Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

std::string set(Example& example, std::string_view name, std::string_view text) {
  return refusal([&] {
    auto options = example.options();
    set_option(find_option(options, name, "--set"), text, "--set");
  });
}

TEST(Options, EveryKindOfValueReadsBackFromItsText) {
  Example changed;
  set(changed, "fast", "true");
  set(changed, "steps", "7");
  set(changed, "rate", "0.125");
  set(changed, "kind", "attention");
  set(changed, "rois", "IT");
  set(changed, "scales", "0.25,2");
  set(changed, "widths", "1,-2,3");
  EXPECT_TRUE(changed.fast);
  EXPECT_EQ(changed.steps, 7);
  EXPECT_EQ(changed.scales, (std::vector<double>{0.25, 2}));
  EXPECT_EQ(changed.widths, (std::vector<int64_t>{1, -2, 3}));

  Example copy;
  for (const auto& option : changed.options())
    EXPECT_EQ(set(copy, option.name, value_text(option)), "nothing was refused");
  EXPECT_EQ(to_json(copy.options()), to_json(changed.options()));
  EXPECT_NE(to_json(copy.options()), to_json(Example().options()));
}

TEST(Options, RefusesWhatIsNoSuchValue) {
  Example example;
  EXPECT_EQ(set(example, "steps", "many"), "--set: 'steps' is 'many'. Give a whole number");
  EXPECT_EQ(set(example, "steps", "1.5"), "--set: 'steps' is '1.5'. Give a whole number");
  EXPECT_EQ(set(example, "steps", ""), "--set: 'steps' is ''. Give a whole number");
  EXPECT_EQ(set(example, "steps", "99999999999999999999"),
            "--set: 'steps' is '99999999999999999999'. Give a whole number");
  EXPECT_EQ(set(example, "rate", "1e-4x"), "--set: 'rate' is '1e-4x'. Give a number");
  EXPECT_EQ(set(example, "fast", "yes"), "--set: 'fast' is 'yes'. Give true or false");
}

TEST(Options, RefusesValuesOutOfRange) {
  Example example;
  EXPECT_EQ(set(example, "steps", "0"), "--set: 'steps' is 0. Allowed: 1..1000");
  EXPECT_EQ(set(example, "rate", "-1"), "--set: 'rate' is -1. Allowed: >= 0");
  EXPECT_EQ(set(example, "rate", "nan"), "--set: 'rate' is nan. Allowed: >= 0");
  EXPECT_EQ(set(example, "scales", "1,9"), "--set: 'scales' is 9. Allowed: 0.1..2");
  EXPECT_EQ(set(example, "kind", "fixd"), "--set: 'kind' is 'fixd'. Did you mean 'fixed'?");
  EXPECT_EQ(set(example, "kind", "x"), "--set: 'kind' is 'x'. Known: fixed, gaussian, attention");
}

TEST(Options, AnUnknownNameOffersTheNearest) {
  Example example;
  EXPECT_EQ(set(example, "step", "3"), "--set: unknown key 'step'. Did you mean 'steps'?");
}

TEST(Options, HelpSaysUnitRangeAndDefault) {
  Example example;
  auto options = example.options();
  EXPECT_EQ(help_text(find_option(options, "steps", "")),
            "training steps [steps; 1..1000; default 100]");
  EXPECT_EQ(help_text(find_option(options, "kind", "")),
            "projection [fixed | gaussian | attention; default fixed]");
}

TEST(Options, PrefixesAndAddsLists) {
  Example a, b;
  auto options = prefixed("first", a.options()) + prefixed("second", b.options());
  ASSERT_EQ(options.size(), 14u);
  set_option(find_option(options, "second.steps", ""), "5", "");
  EXPECT_EQ(a.steps, 100);
  EXPECT_EQ(b.steps, 5);
}

TEST(Error, IsOneLine) {
  EXPECT_STREQ(Error("a.h5", "is\nbroken", "Make it\r\nanew").what(),
               "a.h5: is broken. Make it  anew");
  EXPECT_STREQ(Error("a.h5", "is broken").what(), "a.h5: is broken");
}

}  // namespace
}  // namespace afterimage
