#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "afterimage/base/output.h"
#include "afterimage/command.h"
#include "afterimage/report/collect.h"

namespace afterimage {

std::function<void()> declare_report(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::vector<std::string> files, names;
    std::string out, title = "Afterimage report";
    bool force = false;
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("files", a->files, "recording, reconstructions, scores and models, in any order")
      ->required();
  app.add_option("--out", a->out, "the page (HTML)")->required();
  app.add_option("--title", a->title, "heading of the page");
  app.add_option("--name", a->names,
                 "what to call the reconstructions, once for each in their order, as for evaluate")
      ->expected(1)
      ->take_all();
  add_force(app, a->force);

  return [a, &invocation] {
    const RunContext run = invocation.context();
    check_output(a->out, a->force);
    const Collected page = collect(a->files, a->title, a->names);
    write_text(a->out, report_html(page.input), a->force);
    std::printf("%s\n", a->out.c_str());
  };
}

}  // namespace afterimage
