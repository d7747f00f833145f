#include <CLI/CLI.hpp>
#include <memory>

#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/image_names.h"
#include "afterimage/formats/image.h"
#include "afterimage/steps.h"

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

std::vector<std::string> ReconstructStep::words() {
  std::vector<std::string> words = {"reconstruct", model, recording, "--out", out};
  add_words(words, "--png", png);
  add_words(words, "--name", name);
  append(words, changed_words(options.options(), ReconstructOptions().options()));
  if (force) words.emplace_back("--force");
  return words;
}

void ReconstructStep::run(const Invocation& invocation) {
  const RunContext run = invocation.context();
  check_output(out, force);
  if (!png.empty()) check_output(png, force);
  const Recording from(recording);
  Model trained = Model::load(model, run);
  Reconstruction result = trained.reconstruct(from, options, run);
  if (!name.empty()) result.name = name;
  std::vector<fs::path> inputs = {recording, model};
  if (!options.encoder.empty()) inputs.emplace_back(options.encoder);
  result.provenance = invocation.provenance(run, to_json(options.options()), inputs);
  result.provenance["model"] = trained.card().value("provenance", nlohmann::json::object());
  result.save(out, force);
  if (!png.empty()) write_pngs(png, result, force);
  run.say(concat(result.stimulus.size(), " images reconstructed -> ", out));
}

std::function<void()> declare_reconstruct(CLI::App& app, const Invocation& invocation) {
  const auto a = std::make_shared<ReconstructStep>();
  app.add_option("model", a->model, "folder of a trained model")->required();
  app.add_option("recording", a->recording, "the recording to read responses from")->required();
  app.add_option("--out", a->out, "the reconstruction (HDF5)")->required();
  app.add_option("--png", a->png, "also write each image as PNG into this folder");
  app.add_option("--name", a->name, "what tables and pages call it, in place of the model's name");
  add_options(app, a->options.options());
  add_force(app, a->force);
  return [a, &invocation] { a->run(invocation); };
}

}  // namespace afterimage
