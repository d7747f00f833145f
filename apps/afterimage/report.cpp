#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "afterimage/base/output.h"
#include "afterimage/report/collect.h"
#include "afterimage/steps.h"

namespace afterimage {

std::vector<std::string> ReportStep::words() {
  std::vector<std::string> words = {"report"};
  append(words, files);
  add_words(words, "--title", title);
  add_words(words, "--name", names);
  add_words(words, "--out", out);
  if (force) words.emplace_back("--force");
  return words;
}

void ReportStep::run(const Invocation& invocation) {
  const RunContext run = invocation.context();
  check_output(out, force);
  const Collected page = collect(files, title, names);
  write_text(out, report_html(page.input), force);
  std::printf("%s\n", out.c_str());
}

std::function<void()> declare_report(CLI::App& app, const Invocation& invocation) {
  const auto a = std::make_shared<ReportStep>();
  app.add_option("files", a->files, "recording, reconstructions, scores and models, in any order")
      ->required();
  app.add_option("--out", a->out, "the page (HTML)")->required();
  app.add_option("--title", a->title, "heading of the page");
  app.add_option("--name", a->names,
                 "what to call the reconstructions, once for each in their order, as for evaluate")
      ->expected(1)
      ->take_all();
  add_force(app, a->force);
  return [a, &invocation] { a->run(invocation); };
}

}  // namespace afterimage
