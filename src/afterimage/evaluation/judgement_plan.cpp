#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "afterimage/base/content_hash.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/evaluation/judgement.h"

namespace afterimage {
namespace {

/// SHA-256 of a set's images as they are shown: 8 bits.
std::string hash_of(const at::Tensor& images) {
  const auto shown = images.mul(255).round().to(at::kCPU, at::kByte).contiguous();
  return sha256({static_cast<const char*>(shown.const_data_ptr()), shown.nbytes()});
}

std::vector<int64_t> shuffled(int64_t count, at::Generator& generator) {
  const auto order = at::randperm(count, generator, at::kLong);
  return {order.const_data_ptr<int64_t>(), order.const_data_ptr<int64_t>() + count};
}

bool toss(at::Generator& generator) {
  return at::randint(2, {1}, generator, at::kLong).item<int64_t>() == 1;
}

/// The questions in turn by pair, so that each pair has as many, whatever the limit.
std::vector<JudgedTrial> questions(int64_t sets, int64_t rows, int64_t limit,
                                   at::Generator& generator) {
  std::vector<std::pair<int64_t, int64_t>> pairs;
  for (int64_t a = 0; a < sets; ++a) {
    for (int64_t b = a + 1; b < sets; ++b) pairs.emplace_back(a, b);
  }
  std::vector<std::vector<int64_t>> order;
  for (size_t i = 0; i < pairs.size(); ++i) order.push_back(shuffled(rows, generator));
  const auto all = std::ssize(pairs) * rows;
  std::vector<JudgedTrial> trials;
  for (int64_t t = 0; t < (limit > 0 ? std::min(limit, all) : all); ++t) {
    const auto pair = static_cast<size_t>(t % std::ssize(pairs));
    auto [left, right] = pairs[pair];
    if (toss(generator)) std::swap(left, right);
    trials.push_back({order[pair][static_cast<size_t>(t / std::ssize(pairs))], left, right});
  }
  return trials;
}

void add_attention(std::vector<JudgedTrial>& trials, int64_t sets, int64_t rows,
                   at::Generator& generator) {
  constexpr int64_t one_in = 12, least = 2;
  const auto count = std::max(least, std::ssize(trials) / one_in);
  for (int64_t i = 0; i < count; ++i) {
    JudgedTrial trial{at::randint(rows, {1}, generator, at::kLong).item<int64_t>(),
                      JudgedTrial::truth,
                      at::randint(sets, {1}, generator, at::kLong).item<int64_t>()};
    if (toss(generator)) std::swap(trial.left, trial.right);
    trials.push_back(trial);
  }
}

}  // namespace

Options JudgementOptions::options() {
  return {Option("trials", trials,
                 "questions, attention checks aside; 0: every image by every pair of decoders")
              .range(0, 100000)};
}

JudgementPlan plan_judgement(const std::vector<ImageSet>& sets, const JudgementOptions& options,
                             const RunContext& run) {
  std::map<std::string, size_t> places;  // by hash: the order of the files does not count
  for (size_t i = 0; i < sets.size(); ++i) places.emplace(hash_of(sets[i].images), i);
  if (places.size() < 2) {
    throw Error("judge", "there are not two different reconstructions to choose from",
                "Name two decoders' reconstructions, or --controls of one");
  }
  JudgementPlan plan;
  for (const auto& [hash, place] : places) {
    plan.sets.push_back(hash);
    plan.place.push_back(place);
  }
  auto generator = run.generator("judgement");
  const auto count = std::ssize(plan.sets), rows = sets.front().images.size(0);
  auto trials = questions(count, rows, options.trials, generator);
  add_attention(trials, count, rows, generator);
  std::string all = join(plan.sets);
  for (const auto i : shuffled(std::ssize(trials), generator)) {
    plan.trials.push_back(trials[static_cast<size_t>(i)]);
    const auto& [row, left, right] = plan.trials.back();
    all += concat("\n", row, " ", left, " ", right);
  }
  plan.id = sha256(all);
  return plan;
}

nlohmann::json answers_head(const JudgementPlan& plan, const JudgementOptions& options,
                            const RunContext& run) {
  return {{"format", "afterimage-answers"},
          {"version", 1},
          {"id", plan.id},
          {"seed", run.seed()},
          {"sets", plan.sets},
          {"trials", options.trials}};
}

}  // namespace afterimage
