#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "afterimage/base/error.h"
#include "afterimage/base/json_file.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/evaluation/ranking.h"
#include "afterimage/report/artefact.h"
#include "afterimage/report/ranking_page.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// The name of the recording that scores were made with: of the first input of `evaluate`.
std::string recording_of(const Scores& scores) {
  const auto& made = scores.provenance;
  if (!made.is_object() || !made.contains("inputs") || made["inputs"].empty()) return "";
  return fs::path(made["inputs"][0].value("path", "")).stem().string();
}

/// The files of the command line by kind.
struct Files {
  std::vector<ScoredFile> scored;
  std::vector<std::unique_ptr<Recording>> recordings;
  std::vector<fs::path> reconstructions;
};

Files read(const std::vector<std::string>& paths) {
  Files files;
  for (const fs::path path : paths) {
    switch (artefact_kind(path)) {
      case Artefact::scores: {
        const auto json = read_json(path);
        auto scores = Scores::from_json(json, path.string());
        const auto recording = recording_of(scores);
        files.scored.push_back({std::move(scores),
                                recording.empty() ? path.stem().string() : recording,
                                json.value("checks", nlohmann::json())});
        break;
      }
      case Artefact::recording:
        files.recordings.push_back(std::make_unique<Recording>(path));
        break;
      case Artefact::reconstruction:
        files.reconstructions.push_back(path);
        break;
      case Artefact::model:
      case Artefact::analysis:
        throw Error(path, "holds no scores", "Give scores, or reconstructions and recordings");
    }
  }
  return files;
}

/// The recording whose images a reconstruction shows.
const Recording& shown_in(const Reconstruction& reconstruction, const fs::path& path,
                          const Files& files) {
  for (const auto& recording : files.recordings) {
    try {
      check_shown_in(reconstruction, *recording);
      return *recording;
    } catch (const Error&) {
      continue;  // of another recording
    }
  }
  throw Error(path, "shows images of no recording that was named",
              "Name its recording too, or its scores instead");
}

void evaluate_reconstructions(Files& files, const RankingOptions& options, const RunContext& run) {
  for (const auto& path : files.reconstructions) {
    const auto reconstruction = Reconstruction::load(path);
    const auto& recording = shown_in(reconstruction, path, files);
    const EvaluationOptions evaluation{
        .metrics = options.metrics, .bootstrap = options.bootstrap, .checks = {"none"}};
    files.scored.push_back({evaluate({reconstruction}, recording, evaluation, run),
                            recording.path().stem().string(), nullptr});
  }
}

/// "0.613", marked where it is no evidence, or "-".
std::string cell(const Contender& row, const std::string& metric) {
  const auto score = row.scores.find(metric);
  if (score == row.scores.end() || !score->second.not_computed.empty()) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", score->second.value);
  const auto kind = row.evidence(metric);
  return concat(text, kind == Evidence::independent ? "" : kind == Evidence::unknown ? "?" : "*");
}

void print(const Ranking& ranking) {
  constexpr size_t most = 4;  // metrics side by side
  std::vector<std::string> shown = {ranking.sort};
  for (const auto& metric : ranking.metrics) {
    if (metric != ranking.sort && shown.size() < most) shown.push_back(metric);
  }
  bool marked = false;
  size_t width = 7;
  for (const auto& row : ranking.rows) width = std::max(width, row.name.size());
  std::printf("%-*s  %-12s", static_cast<int>(width), "decoder", "recording");
  for (const auto& metric : shown) std::printf("  %s", metric.c_str());
  std::printf("  against the first\n");
  for (size_t i = 0; i < ranking.rows.size(); ++i) {
    const auto& row = ranking.rows[i];
    std::printf("%-*s  %-12s", static_cast<int>(width), row.name.c_str(), row.recording.c_str());
    for (const auto& metric : shown) {
      const auto text = cell(row, metric);
      marked |= text.ends_with('*') || text.ends_with('?');
      std::printf("  %*s", static_cast<int>(metric.size()), text.c_str());
    }
    std::printf("  %s\n", against_first(ranking, i).c_str());
  }
  if (ranking.metrics.size() > shown.size()) {
    std::printf("%zu more metrics in the files\n", ranking.metrics.size() - shown.size());
  }
  if (!marked) return;
  std::printf(
      "* trained against the metric or its network: no evidence; ? unknown whether it was\n");
}

}  // namespace

std::function<void()> declare_compare(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::vector<std::string> files;
    std::string out, csv, latex, page, title = "Decoders compared";
    RankingOptions options;
    bool force = false;
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("files", a->files,
                 "scores of many decoders and recordings; or reconstructions, with the recordings "
                 "they show")
      ->required();
  app.add_option("--out", a->out, "the comparison (JSON)");
  app.add_option("--csv", a->csv, "a table: a row per decoder and metric");
  app.add_option("--latex", a->latex, "a table for a paper: a row per decoder");
  app.add_option("--page", a->page, "a page (HTML): sorted by any metric, with every test");
  app.add_option("--title", a->title, "heading of the page");
  add_options(app, a->options.options());
  add_force(app, a->force);

  return [a, &invocation] {
    const RunContext run = invocation.context();
    for (const auto& path : {a->out, a->csv, a->latex, a->page}) {
      if (!path.empty()) check_output(path, a->force);
    }
    auto files = read(a->files);
    evaluate_reconstructions(files, a->options, run);
    auto ranking = rank(files.scored, a->options, run);
    ranking.provenance = invocation.provenance(run, to_json(a->options.options()),
                                               {a->files.begin(), a->files.end()});
    if (!a->out.empty()) write_text(a->out, ranking.to_json().dump(1), a->force);
    if (!a->csv.empty()) write_text(a->csv, ranking.to_csv(), a->force);
    if (!a->latex.empty()) write_text(a->latex, ranking.to_latex(), a->force);
    if (!a->page.empty()) write_text(a->page, ranking_page(ranking, a->title), a->force);
    print(ranking);
  };
}

}  // namespace afterimage
