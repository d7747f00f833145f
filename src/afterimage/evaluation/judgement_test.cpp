#include "afterimage/evaluation/judgement.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"

namespace afterimage {
namespace {

using nlohmann::json;

constexpr int64_t kRows = 20;

RunContext run_with(int64_t seed) {
  RunOptions options;
  options.seed = seed;
  return example::prepared_run(options);
}

std::vector<ImageSet> sets_named(const std::vector<std::string>& names) {
  std::vector<ImageSet> sets;
  for (const auto& name : names) {
    const auto seed = std::hash<std::string>()(name);
    sets.push_back({name, false, at::rand({kRows, 3, 4, 4}, at::detail::createCPUGenerator(seed))});
  }
  return sets;
}

std::vector<std::string> identity() {
  std::vector<std::string> list;
  for (int64_t i = 0; i < kRows; ++i) list.push_back("stimulus " + std::to_string(i));
  return list;
}

/// A rater who likes `favourite` in `share` of its questions, and attends to the checks or not.
json answers(const std::vector<ImageSet>& sets, const std::string& favourite, double share,
             int64_t seed, bool attentive = true, const JudgementOptions& options = {}) {
  const auto run = run_with(seed);
  const auto plan = plan_judgement(sets, options, run);
  json file = answers_head(plan, options, run);
  file["rater"] = "rater " + std::to_string(seed);
  file["answers"] = json::array();
  for (size_t i = 0; i < plan.trials.size(); ++i) {
    const auto& trial = plan.trials[i];
    const auto is = [&](int64_t side) {
      return side != JudgedTrial::truth &&
             sets[plan.place[static_cast<size_t>(side)]].name == favourite;
    };
    bool left = i % 2 == 0;
    if (trial.attention()) {
      left = (trial.left == JudgedTrial::truth) == attentive;
    } else if (is(trial.left) || is(trial.right)) {
      const bool chosen = static_cast<double>(trial.row) < share * kRows;
      left = is(trial.left) == chosen;
    }
    file["answers"].push_back({{"trial", i}, {"choice", left ? "left" : "right"}});
  }
  return file;
}

std::string refusal(const std::vector<ImageSet>& sets, const json& file) {
  try {
    judge({{"answers.json", file}}, sets, identity(), 500, run_with(1));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(JudgementPlan, AsksEachPairAsOftenAndBothSides) {
  const auto plan = plan_judgement(sets_named({"a", "b", "c"}), {.trials = 45}, run_with(3));
  std::map<std::set<int64_t>, int> pairs;
  std::set<std::pair<std::set<int64_t>, int64_t>> asked;
  int first_left = 0, attention = 0;
  for (const auto& trial : plan.trials) {
    attention += trial.attention();
    if (trial.attention()) continue;
    ++pairs[{trial.left, trial.right}];
    first_left += trial.left < trial.right;
    EXPECT_TRUE(asked.insert({{trial.left, trial.right}, trial.row}).second);
  }
  EXPECT_EQ(attention, 3);
  ASSERT_EQ(pairs.size(), 3u);
  for (const auto& [pair, count] : pairs) EXPECT_EQ(count, 15);
  EXPECT_GT(first_left, 10);
  EXPECT_LT(first_left, 35);
  EXPECT_EQ(plan_judgement(sets_named({"a", "b"}), {.trials = 0}, run_with(3)).trials.size(),
            static_cast<size_t>(kRows + 2));
}

TEST(JudgementPlan, FollowsFromImagesAndSeedAlone) {
  const auto plan = plan_judgement(sets_named({"a", "b", "c"}), {}, run_with(3));
  EXPECT_EQ(plan.id, plan_judgement(sets_named({"c", "a", "b"}), {}, run_with(3)).id);
  EXPECT_NE(plan.id, plan_judgement(sets_named({"a", "b", "c"}), {}, run_with(4)).id);
  EXPECT_NE(plan.id, plan_judgement(sets_named({"a", "b", "d"}), {}, run_with(3)).id);
  auto same = sets_named({"a", "a"});
  EXPECT_THROW(plan_judgement(same, {}, run_with(3)), Error);
}

TEST(Judgement, CountsWhoWasChosen) {
  const auto sets = sets_named({"ours", "theirs"});
  const auto found = judge({{"1.json", answers(sets, "ours", 0.9, 1)},
                            {"2.json", answers(sets, "ours", 0.8, 2)},
                            {"3.json", answers(sets, "theirs", 1, 3, /*attentive=*/false)}},
                           sets, identity(), 1000, run_with(1));
  ASSERT_EQ(found.preferences.size(), 1u);
  const auto& one = found.preferences[0];
  EXPECT_EQ(one.first, "ours");
  EXPECT_NEAR(one.share, 0.85, 1e-12);
  EXPECT_LT(one.low, 0.75);
  EXPECT_GT(one.low, 0.2);
  EXPECT_LT(one.p, 0.01);
  EXPECT_EQ(one.images, kRows);
  EXPECT_EQ(one.raters, 2);
  EXPECT_EQ(one.answers, 2 * kRows);
  EXPECT_FALSE(found.raters[2].counted);
  const auto lines = Judgement::lines(found.to_json());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].find("people chose ours over theirs in 85 % of answers"), 0u);
}

// Both sets are reordered and joined by others; the answers know theirs.
TEST(Judgement, FindsItsSetsAmongOthers) {
  const auto file = answers(sets_named({"ours", "theirs"}), "theirs", 1, 5);
  const auto found = judge({{"a.json", file}}, sets_named({"more", "theirs", "ours"}), identity(),
                           500, run_with(9));
  ASSERT_EQ(found.preferences.size(), 1u);
  EXPECT_EQ(found.preferences[0].share, 0);  // of the first by name, ours
  EXPECT_EQ(found.preferences[0].low, 0);
  EXPECT_NEAR(found.preferences[0].high, 1 - std::pow(0.025, 1.0 / kRows), 1e-12);
}

TEST(Judgement, ChoosingByTossIsNoPreference) {
  const auto sets = sets_named({"ours", "theirs"});
  const auto found =
      judge({{"a.json", answers(sets, "nobody", 0, 5)}}, sets, identity(), 1000, run_with(1));
  EXPECT_GT(found.preferences[0].p, 0.05);
  EXPECT_LT(found.preferences[0].low, 0.5);
  EXPECT_GT(found.preferences[0].high, 0.5);
}

TEST(Judgement, RefusesOtherAnswers) {
  const auto sets = sets_named({"ours", "theirs"});
  const auto good = answers(sets, "ours", 1, 1);
  EXPECT_EQ(refusal(sets, good), "");
  EXPECT_NE(refusal(sets_named({"ours", "new"}), good).find("not of these"), std::string::npos);
  EXPECT_NE(refusal(sets, json::array()).find("no answers"), std::string::npos);
  const auto with = [&](const char* key, const json& value) {
    auto file = good;
    file[key] = value;
    return refusal(sets, file);
  };
  EXPECT_NE(with("seed", 2).find("questions"), std::string::npos);
  EXPECT_NE(with("seed", "x").find("changed"), std::string::npos);
  EXPECT_NE(with("answers", {{{"trial", 999}, {"choice", "left"}}}).find("999"), std::string::npos);
  EXPECT_NE(with("answers", {{{"trial", 0}, {"choice", "up"}}}).find("'up'"), std::string::npos);
}

}  // namespace
}  // namespace afterimage
