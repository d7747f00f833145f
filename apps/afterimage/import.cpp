#include <CLI/CLI.hpp>
#include <memory>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/recordings/importers/importer.h"

namespace afterimage {

std::function<void()> declare_import(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string format, out;
    std::vector<std::string> paths;
    bool force = false;
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("format", a->format, "what the files are ('afterimage list importers')")
      ->required();
  app.add_option("paths", a->paths, "the laboratory's files")->required();
  app.add_option("--out", a->out, "the recording (HDF5)")->required();
  add_force(app, a->force);

  return [a, &invocation] {
    const RunContext run(invocation.run);
    const ImporterEntry& importer = find_importer(a->format);
    check_output(a->out, a->force);
    std::vector<std::filesystem::path> inputs(a->paths.begin(), a->paths.end());
    for (const auto& input : inputs) {
      if (!std::filesystem::exists(input)) throw Error(input, "no such file");
    }
    importer.import(
        {inputs, a->out, a->force, invocation.provenance(run, {{"format", a->format}}, inputs)});
  };
}

}  // namespace afterimage
