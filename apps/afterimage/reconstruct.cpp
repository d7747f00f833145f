#include <CLI/CLI.hpp>
#include <memory>

#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/decoders/image_names.h"
#include "afterimage/decoders/model.h"
#include "afterimage/formats/image.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// One PNG per image, named after its stimulus, the controls in folders of their own.
void write_pngs(const fs::path& target, const Reconstruction& result, bool force) {
  Output output(target, force);
  const auto names = image_names(result.stimulus, result.stimulus_name);
  const auto write = [&](const at::Tensor& images, const fs::path& folder) {
    fs::create_directories(folder);
    for (int64_t i = 0; i < images.size(0); ++i) {
      write_png(folder / (names[static_cast<size_t>(i)] + ".png"), images[i]);
    }
  };
  write(result.images, output.path());
  for (const auto& [name, images] : result.controls) write(images, output.path() / name);
  output.commit();
}

}  // namespace

std::function<void()> declare_reconstruct(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string model, recording, out, png, name;
    ReconstructOptions options;
    bool force = false;
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("model", a->model, "folder of a trained model")->required();
  app.add_option("recording", a->recording, "the recording to read responses from")->required();
  app.add_option("--out", a->out, "the reconstruction (HDF5)")->required();
  app.add_option("--png", a->png, "also write each image as PNG into this folder");
  app.add_option("--name", a->name, "what tables and pages call it, in place of the model's name");
  add_options(app, a->options.options());
  add_force(app, a->force);

  return [a, &invocation] {
    const RunContext run = invocation.context();
    check_output(a->out, a->force);
    if (!a->png.empty()) check_output(a->png, a->force);
    const Recording recording(a->recording);
    Model model = Model::load(a->model, run);
    Reconstruction result = model.reconstruct(recording, a->options, run);
    if (!a->name.empty()) result.name = a->name;
    result.provenance =
        invocation.provenance(run, to_json(a->options.options()), {a->recording, a->model});
    result.provenance["model"] = model.card().value("provenance", nlohmann::json::object());
    result.save(a->out, a->force);
    if (!a->png.empty()) write_pngs(a->png, result, a->force);
    run.say(concat(result.stimulus.size(), " images reconstructed -> ", a->out));
  };
}

}  // namespace afterimage
