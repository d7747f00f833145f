#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>

#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/evaluation/brain_text.h"
#include "afterimage/evaluation/evidence.h"
#include "afterimage/evaluation/image_sets.h"
#include "afterimage/evaluation/judgement.h"
#include "afterimage/steps.h"

namespace afterimage {
namespace {

/// What was scored: "100 images of 64 x 64 pixels (test); scores depend on that size".
void print_head(const Scores& scores) {
  const auto rows = std::ssize(scores.stimulus);
  const std::string trials = rows == scores.stimuli ? "" : concat(rows, " single trials of ");
  std::printf("%s%ld %s of %ld x %ld pixels (%s); scores depend on that size\n", trials.c_str(),
              static_cast<long>(scores.stimuli), scores.stimuli == 1 ? "image" : "images",
              static_cast<long>(scores.width), static_cast<long>(scores.height),
              scores.split.c_str());
  for (const auto& pair : scores.leakage) {
    if (pair.count() > 0) std::printf("%s\n", pair.text().c_str());
  }
  for (const auto& line : check_lines(scores.checks)) std::printf("%s\n", line.c_str());
}

const char* mark_of(Evidence evidence) {
  if (evidence == Evidence::independent) return " ";
  return evidence == Evidence::trained_against ? "*" : "?";
}

/// The areas of a brain correlation below its row, but the last, which is all of them.
void print_areas(const Scores& scores, size_t metric,
                 const std::function<size_t(const ScoredImages&)>& width) {
  const auto& areas = scores.sets[0].scores[metric].areas;
  for (size_t a = 0; a + 1 < areas.size(); ++a) {
    const auto name = concat("  ", areas[a].area, " (", areas[a].sensors, " sensors)");
    std::printf("%-40s", name.c_str());
    for (const auto& set : scores.sets) {
      std::printf("  %*.3f ", static_cast<int>(width(set) - 1), set.scores[metric].areas[a].value);
    }
    std::printf("\n");
  }
}

/// The scores as a table: a row per metric, a column per set of images.
void print(const Scores& scores) {
  if (scores.sets.empty()) return;
  print_head(scores);
  std::string header = "metric";
  header.resize(40, ' ');
  std::map<std::string, std::vector<std::string>> missing;  // metrics by reason
  bool marked = false;
  const auto width = [](const ScoredImages& set) { return std::max<size_t>(6, set.name.size()); };
  for (const auto& set : scores.sets) {
    header += "  " + std::string(width(set) - set.name.size(), ' ') + set.name;
  }
  std::printf("%s\n", header.c_str());
  for (size_t m = 0; m < scores.sets[0].scores.size(); ++m) {
    const Score& first = scores.sets[0].scores[m];
    if (!first.not_computed.empty()) {
      missing[first.not_computed].push_back(first.metric);
      continue;
    }
    std::printf("%-40s", first.metric.c_str());
    for (const auto& set : scores.sets) {
      const char* mark = mark_of(evidence(set, first.metric));
      marked |= *mark != ' ';
      std::printf("  %*.3f%s", static_cast<int>(width(set) - 1), set.scores[m].value, mark);
    }
    std::printf("\n");
    print_areas(scores, m, width);
  }
  for (const auto& [reason, metrics] : missing) {
    std::printf("not computed, %s: %s\n", reason.c_str(), join(metrics).c_str());
  }
  if (marked) {
    std::printf(
        "* trained against the metric or its network: no evidence; ? unknown whether it was\n");
  }
  for (const auto& standing : standings(scores)) std::printf("%s\n", standing.text().c_str());
  for (const auto& line : brain_lines(scores)) std::printf("%s\n", line.c_str());
  for (const auto& line : Judgement::lines(scores.human)) std::printf("%s\n", line.c_str());
}

}  // namespace

std::vector<std::string> EvaluateStep::words() {
  std::vector<std::string> words = {"evaluate"};
  append(words, reconstructions);
  add_words(words, "--recording", recording);
  add_words(words, "--out", out);
  add_words(words, "--csv", csv);
  add_words(words, "--csv-images", csv_images);
  add_words(words, "--name", names);
  append(words, changed_words(options.options(), EvaluationOptions().options()));
  if (force) words.emplace_back("--force");
  return words;
}

void EvaluateStep::run(const Invocation& invocation) {
  const RunContext run = invocation.context();
  check_output(out, force);
  for (const auto& table : {csv, csv_images}) {
    if (!table.empty()) check_output(table, force);
  }
  const Recording shown(recording);
  std::vector<Reconstruction> loaded;
  std::vector<std::filesystem::path> inputs = {recording};
  if (!options.encoder.empty()) inputs.emplace_back(options.encoder);
  for (const auto& path : reconstructions) {
    loaded.push_back(Reconstruction::load(path));
    inputs.emplace_back(path);
  }
  rename(loaded, names);
  Scores scores = evaluate(loaded, shown, options, run);
  scores.provenance = invocation.provenance(run, to_json(options.options()), inputs);
  write_text(out, scores.to_json().dump(1), force);
  if (!csv.empty()) write_text(csv, scores.to_csv(), force);
  if (!csv_images.empty()) write_text(csv_images, scores.images_to_csv(), force);
  print(scores);
}

std::function<void()> declare_evaluate(CLI::App& app, const Invocation& invocation) {
  const auto a = std::make_shared<EvaluateStep>();
  app.add_option("reconstructions", a->reconstructions, "one or more reconstructions of a split")
      ->required();
  app.add_option("--recording", a->recording, "the recording with the images shown")->required();
  app.add_option("--out", a->out, "the scores (JSON)")->required();
  app.add_option("--csv", a->csv, "also a table: a row per set of images and metric");
  app.add_option("--csv-images", a->csv_images, "also a table with a row per image besides");
  app.add_option("--name", a->names,
                 "what to call the reconstructions, once for each in their order, in place of "
                 "their own names")
      ->expected(1)
      ->take_all();
  add_options(app, a->options.options());
  add_force(app, a->force);
  return [a, &invocation] { a->run(invocation); };
}

}  // namespace afterimage
