#include "afterimage/evaluation/judgement.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/evaluation/stimuli.h"
#include "afterimage/evaluation/trainings.h"
#include "afterimage/recordings/stimulus_hash.h"

namespace afterimage {
namespace {

using nlohmann::json;

/// One rater's answers, decoded.
struct Answers {
  Rater rater;
  JudgementPlan plan;
  std::vector<std::pair<size_t, bool>> choices;  // trial, whether the left one was chosen
};

/// The sets a file of answers is about, in its order.
std::vector<ImageSet> asked_about(const json& file, const std::vector<ImageSet>& sets,
                                  const std::string& where) {
  RunOptions options;
  const RunContext run(options);
  const auto all = plan_judgement(sets, {}, run);
  std::vector<ImageSet> asked;
  for (const auto& hash : file.at("sets")) {
    const auto found = std::find(all.sets.begin(), all.sets.end(), hash.get<std::string>());
    if (found == all.sets.end()) {
      throw Error(where, "judges images that are not of these reconstructions",
                  "Name the reconstructions that 'afterimage judge' was given");
    }
    asked.push_back(sets[all.place[static_cast<size_t>(found - all.sets.begin())]]);
  }
  return asked;
}

/// The run that made the page: its seed is what counts.
RunContext run_with_seed(const json& file) {
  RunOptions options;
  options.seed = file.at("seed").get<int64_t>();
  return RunContext(options);
}

Answers read_answers(const json& file, const std::vector<ImageSet>& sets,
                     const std::string& where) {
  Answers answers;
  answers.rater.name = file.value("rater", "");
  const JudgementOptions options{.trials = file.at("trials").get<int64_t>()};
  answers.plan = plan_judgement(sets, options, run_with_seed(file));
  if (answers.plan.id != file.at("id").get<std::string>()) {
    throw Error(where, "was not answered on the questions that these reconstructions make",
                "The file was changed, or another version of Afterimage made the page");
  }
  std::set<size_t> answered;
  for (const auto& answer : file.at("answers")) {
    const auto trial = answer.at("trial").get<size_t>();
    const auto choice = answer.at("choice").get<std::string>();
    if (trial >= answers.plan.trials.size() || (choice != "left" && choice != "right")) {
      throw Error(where, concat("answers question ", trial, " by '", choice, "'"),
                  "Answers are left or right, of the questions that were asked");
    }
    if (!answered.insert(trial).second) {
      throw Error(where, concat("answers question ", trial, " twice"),
                  "Each is asked once: the file was changed");
    }
    const auto& asked = answers.plan.trials[trial];
    const bool left = choice == "left";
    ++answers.rater.answers;
    if (asked.attention()) {
      ++answers.rater.attention;
      answers.rater.attentive += left == (asked.left == JudgedTrial::truth);
    } else {
      answers.choices.emplace_back(trial, left);
    }
  }
  answers.rater.counted =
      answers.rater.attention > 0 && 5 * answers.rater.attentive >= 4 * answers.rater.attention;
  return answers;
}

/// (stimuli, 2) float64 of one rater and pair: how often the first was chosen, and of how many.
using Tally = std::map<std::pair<std::string, std::string>, std::vector<at::Tensor>>;

void add_to(Tally& tally, const Answers& answers, const std::vector<ImageSet>& sets,
            const Stimuli& stimuli) {
  std::map<std::pair<std::string, std::string>, at::Tensor> own;
  const auto* of_row = stimuli.of_row().const_data_ptr<int64_t>();
  for (const auto& [trial, left_chosen] : answers.choices) {
    const auto& asked = answers.plan.trials[trial];
    const auto name = [&](int64_t set) {
      return sets[answers.plan.place[static_cast<size_t>(set)]].name;
    };
    auto pair = std::pair(name(asked.left), name(asked.right));
    bool first_chosen = left_chosen;
    if (pair.first > pair.second) {
      std::swap(pair.first, pair.second);
      first_chosen = !first_chosen;
    }
    auto& counts = own[pair];
    if (!counts.defined()) counts = at::zeros({stimuli.count(), 2}, at::kDouble);
    counts[of_row[asked.row]] += at::tensor({first_chosen ? 1.0 : 0.0, 1.0}, at::kDouble);
  }
  for (auto& [pair, counts] : own) tally[pair].push_back(counts);
}

Preference preference(const std::pair<std::string, std::string>& pair, Trainings raters,
                      int64_t bootstrap, const RunContext& run) {
  Preference result{.first = pair.first, .second = pair.second};
  const auto asked = at::stack(raters).sum(0).select(1, 1).nonzero().squeeze(1);
  for (auto& counts : raters) counts = counts.index_select(0, asked);
  const auto all = at::stack(raters).sum(0);  // (images, 2)
  result.images = all.size(0);
  result.raters = std::ssize(raters);
  result.answers = all.select(1, 1).sum().to(at::kLong).item<int64_t>();
  result.share = value_of_trainings(raters);
  if (result.images < 2) return result;
  const auto counts = bootstrap_counts(result.images, bootstrap, run.generator("bootstrap"));
  const auto signs = random_signs(result.images, bootstrap, run.generator("permutation"));
  const auto interval = interval_of_trainings(raters, counts);
  result.low = std::max(0.0, interval.low);
  result.high = std::min(1.0, interval.high);
  // All alike: resampling sees no spread; then the exact binomial bound with images as units.
  const double bound = std::pow(0.025, 1 / static_cast<double>(result.images));
  if (result.share == 1) result.low = bound;
  if (result.share == 0) result.high = 1 - bound;
  const auto other = at::stack({all.select(1, 1) - all.select(1, 0), all.select(1, 1)}, 1);
  result.p = paired_difference(all, other, counts, signs).p;
  return result;
}

}  // namespace

Judgement judge(const std::vector<std::pair<std::string, json>>& files,
                const std::vector<ImageSet>& sets, const std::vector<std::string>& identity,
                int64_t bootstrap, const RunContext& run) {
  Judgement judgement;
  Tally tally;
  const Stimuli stimuli(numbered_by_first(identity));
  std::set<std::string> seen;
  for (const auto& [where, file] : files) {
    if (!seen.insert(file.dump()).second) {
      throw Error(where, "was named before, or is a copy", "Name each person's answers once");
    }
    if (!file.is_object() || file.value("format", json()) != "afterimage-answers") {
      throw Error(where, "holds no answers", "Save them on a page of 'afterimage judge'");
    }
    try {
      const auto asked = asked_about(file, sets, where);
      const auto answers = read_answers(file, asked, where);
      judgement.raters.push_back(answers.rater);
      if (answers.rater.counted) add_to(tally, answers, asked, stimuli);
    } catch (const json::exception&) {
      throw Error(where, "is not as the page of 'afterimage judge' writes it",
                  "The file was changed or is damaged");
    }
  }
  std::vector<double> p;
  for (const auto& [pair, raters] : tally) {
    judgement.preferences.push_back(preference(pair, raters, bootstrap, run));
    p.push_back(judgement.preferences.back().p);
  }
  const auto q = benjamini_hochberg(p);
  for (size_t i = 0; i < q.size(); ++i) judgement.preferences[i].q = q[i];
  return judgement;
}

json Judgement::to_json() const {
  json out = {{"preferences", json::array()}, {"raters", json::array()}};
  for (const auto& one : preferences) {
    out["preferences"].push_back({{"first", one.first},
                                  {"second", one.second},
                                  {"share", one.share},
                                  {"interval", {one.low, one.high}},
                                  {"p", one.p},
                                  {"q", one.q},
                                  {"answers", one.answers},
                                  {"images", one.images},
                                  {"raters", one.raters}});
  }
  for (const auto& rater : raters) {
    out["raters"].push_back({{"name", rater.name},
                             {"answers", rater.answers},
                             {"attention_checks", rater.attention},
                             {"attention_checks_right", rater.attentive},
                             {"counted", rater.counted}});
  }
  return out;
}

std::vector<std::string> Judgement::lines(const json& judgement) {
  std::vector<std::string> texts;
  if (!judgement.is_object()) return texts;
  const auto percent = [](double share) { return std::lround(100 * share); };
  for (const auto& one : judgement.at("preferences")) {
    texts.push_back(concat(
        "people chose ", one.at("first").get<std::string>(), " over ",
        one.at("second").get<std::string>(), " in ", percent(one.at("share").get<double>()),
        " % of answers [", percent(one.at("interval").at(0).get<double>()), ", ",
        percent(one.at("interval").at(1).get<double>()), "], q ",
        number_text(std::round(1000 * one.at("q").get<double>()) / 1000), " (",
        one.at("images").get<int64_t>(), " images, ", one.at("raters").get<int64_t>(), " raters)"));
  }
  int64_t left_out = 0;
  for (const auto& rater : judgement.at("raters")) left_out += !rater.at("counted").get<bool>();
  if (left_out > 0) {
    texts.push_back(concat(left_out, left_out == 1 ? " rater" : " raters",
                           " failed the attention checks and did not count"));
  }
  return texts;
}

}  // namespace afterimage
