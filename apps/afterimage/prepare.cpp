#include "afterimage/preparation/prepare.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/command.h"

namespace afterimage {

std::function<void()> declare_prepare(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string recording, out;
    PrepareOptions options;
    bool force = false;
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("recording", a->recording, "the recording to prepare")->required();
  app.add_option("--out", a->out, "the new recording (HDF5)")->required();
  add_options(app, a->options.options());
  add_force(app, a->force);

  return [a, &invocation] {
    const RunContext run = invocation.context();
    check_output(a->out, a->force);
    const Recording from(a->recording);
    auto provenance = invocation.provenance(run, to_json(a->options.options()), {a->recording});
    if (!a->options.uses_device()) provenance = on_processor(provenance);
    provenance["from"] = from.info().provenance;
    say_report(prepare(from, a->options, a->out, a->force, run, provenance), run);
  };
}

}  // namespace afterimage
