#include "afterimage/base/config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/temporary_folder.h"

namespace afterimage {
namespace {

struct Example {
  std::string decoder = "unet";
  int64_t steps = 100;
  double rate = 2e-4;
  bool fast = false;
  std::vector<std::string> rois;
  std::string note;

  Options options() {
    return {
        Option("training.steps", steps, "training steps").range(1).unit("steps"),
        Option("decoder", decoder, "which decoder"),
        Option("sensors.rois", rois, "regions"),
        Option("training.rate", rate, "learning rate"),
        Option("training.fast", fast, "skip checks"),
        Option("note", note, "words"),
    };
  }
};

class ConfigTest : public ::testing::Test {
 protected:
  Config read(const std::string& text) {
    write_text(folder_ / "a.toml", text, /*force=*/true);
    return Config::read(folder_ / "a.toml");
  }

  /// What is said when `text` is applied to Example, without the folder's name.
  std::string refusal(const std::string& text, const std::string& assignment = {}) {
    Example example;
    try {
      Config config = read(text);
      if (!assignment.empty()) config.override_with(assignment);
      config.apply(example.options());
    } catch (const Error& error) {
      const std::string said = error.what();
      const std::string name = folder_.path().string() + "/";
      return said.rfind(name, 0) == 0 ? said.substr(name.size()) : said;
    }
    return "nothing was refused";
  }

  TemporaryFolder folder_;
};

TEST_F(ConfigTest, SetsTheFieldsItNames) {
  Example example;
  read("decoder = 'ridge'\n[training]\nrate = 1e-3\nfast = true\n[sensors]\nrois = ['V1', 'IT']\n")
      .apply(example.options());
  EXPECT_EQ(example.decoder, "ridge");
  EXPECT_EQ(example.steps, 100) << "left alone";
  EXPECT_EQ(example.rate, 1e-3);
  EXPECT_TRUE(example.fast);
  EXPECT_EQ(example.rois, (std::vector<std::string>{"V1", "IT"}));
}

TEST_F(ConfigTest, OverridesWinAndAreNamed) {
  Example example;
  Config config = read("[training]\nsteps = 5\n");
  config.override_with("training.steps=6");
  config.override_with("note=a=b");
  config.apply(example.options());
  EXPECT_EQ(example.steps, 6);
  EXPECT_EQ(example.note, "a=b");
  EXPECT_EQ(config.text("training.steps"), "6");
  EXPECT_EQ(config.text("missing", "fallback"), "fallback");
  EXPECT_EQ(refusal("", "training.steps=0"), "--set: 'training.steps' is 0. Allowed: >= 1");
  EXPECT_EQ(refusal("", "training.steps"),
            "--set: 'training.steps' is no assignment. Write key=value");
}

TEST_F(ConfigTest, AnotherKindLeavesTheOptionsOfTheOldOne) {
  Config config = read("[part]\nkind = 'a'\nwidth = 3\n[other]\nwidth = 4\n");
  config.override_with("part.height=2");
  config.override_with("part.kind=a");
  EXPECT_EQ(config.text("part.width"), "3") << "the same kind";
  config.override_with("part.kind=b");
  EXPECT_EQ(config.text("part.kind"), "b");
  EXPECT_EQ(config.text("part.width"), "");
  EXPECT_EQ(config.text("part.height"), "2") << "asked for on the command line";
  EXPECT_EQ(config.text("other.width"), "4");
  EXPECT_EQ(config.notes(),
            (std::vector<std::string>{
                "part.kind=b drops what the configuration says for 'a': part.width"}));
  config.override_with("part.width=5");
  EXPECT_TRUE(config.notes().empty()) << "said again for the new kind";
}

TEST_F(ConfigTest, AnOverrideMayBeAListAsInToml) {
  Example example;
  Config config = read("");
  config.override_with("sensors.rois=[\"V1\", 'IT', 4]");
  config.apply(example.options());
  EXPECT_EQ(example.rois, (std::vector<std::string>{"V1", "IT", "4"}));
  EXPECT_EQ(refusal("", "sensors.rois=[V1"),
            "--set: 'sensors.rois=[V1' is no list. Write key=a,b or, as in TOML, "
            "key=[\"a\", \"b\"] (in single quotes)");
}

TEST_F(ConfigTest, OfTwoKeysThatExcludeEachOtherTheCommandLineWins) {
  const auto left = [&](const std::string& file, const std::vector<std::string>& assignments) {
    Config config = read(file);
    for (const auto& assignment : assignments) config.override_with(assignment);
    config.exclude("a", "b");
    return std::pair(config.text("a", "-"), config.text("b", "-"));
  };
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(left("a = 1\n", {"b=2"}), Pair("-", "2"));
  EXPECT_EQ(left("b = 1\n", {"a=2"}), Pair("2", "-"));
  EXPECT_EQ(left("a = 1\nb = 0\n", {}), Pair("1", "0")) << "0 is not given";
  EXPECT_EQ(left("a = 1\nb = 3\n", {"b=0"}), Pair("1", "0"));
  EXPECT_THROW(left("a = 1\nb = 2\n", {}), Error);
  EXPECT_THROW(left("", {"a=1", "b=2"}), Error);
}

TEST_F(ConfigTest, MistakesAreNamedWithTheirLine) {
  EXPECT_EQ(refusal("decoder = 'a'\n[training]\nstep = 3\n"),
            "a.toml:3: unknown key 'training.step'. Did you mean 'training.steps'?");
  EXPECT_EQ(refusal("[training]\nsteps = 'many'\n"),
            "a.toml:2: 'training.steps' is 'many'. Give a whole number");
  EXPECT_EQ(refusal("[training]\nsteps = 1979-05-27\n"),
            "a.toml:2: a date or time is no value here. Give a number, text, true or false");
  EXPECT_EQ(refusal("decoder = \n").rfind("a.toml:1:", 0), 0u) << "no TOML";
  EXPECT_THROW(Config::read(folder_ / "none.toml"), Error);
  EXPECT_THROW(Config::read(folder_.path()), Error);
}

TEST_F(ConfigTest, KeysOfOthersAreLeftToThem) {
  Example example;
  const Config config = read("decoder = 'ridge'\nrecording = 'a.h5'\n");
  EXPECT_THROW(config.apply(example.options()), Error);
  config.apply(example.options(), {"recording"});
  EXPECT_EQ(example.decoder, "ridge");
}

TEST_F(ConfigTest, WhatIsWrittenReadsBackTheSame) {
  Example written;
  written.decoder = "a \"quoted\" \\ name";
  written.note = "two\nlines\tand a tab # no comment";
  written.rate = 0.1 + 0.2;
  written.rois = {"V1", "it's"};
  Example read_back;
  read(to_toml(written.options(), "# used\n")).apply(read_back.options());
  EXPECT_EQ(to_json(read_back.options()), to_json(written.options()));
}

}  // namespace
}  // namespace afterimage
