#include "afterimage/importers/export.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"

namespace afterimage {

std::function<void()> declare_export(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string recording, out, format = "npy";
    bool force = false;
    Options options() {
      return {Option("format", format, "npy, or mat for MATLAB and Octave").one_of({"npy", "mat"})};
    }
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("recording", a->recording, "the recording (HDF5)")->required();
  app.add_option("--out", a->out, "the folder")->required();
  add_options(app, a->options());
  add_force(app, a->force);

  return [a, &invocation] {
    const RunContext run = invocation.context();
    check_output(a->out, a->force);
    const Recording recording(a->recording);
    export_recording(recording, a->out, a->format, a->force);
    if (!recording.truths().empty()) run.say("the simulator's truth stays behind");
    run.say(concat(recording.info().trials.count(), " trials, ", recording.info().stimuli(),
                   " stimuli -> ", a->out));
  };
}

}  // namespace afterimage
