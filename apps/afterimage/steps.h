#pragma once

#include <memory>
#include <string>
#include <vector>

#include "afterimage/command.h"
#include "afterimage/decoders/model.h"
#include "afterimage/evaluation/scores.h"
#include "afterimage/importers/importer.h"
#include "afterimage/preparation/prepare.h"
#include "afterimage/simulation/simulator.h"

namespace afterimage {

/// A command that others run too (demo, study), with what it was told.
struct Step {
  virtual ~Step() = default;
  /// The command line that says the same, without the program's name.
  virtual std::vector<std::string> words() = 0;
  virtual void run(const Invocation& invocation) = 0;
};

/// Shows the step's command line and runs it, as if the user of `caller` had typed it.
void run_step(Step& step, const Invocation& caller);

template <typename T>
void append(std::vector<T>& list, const std::vector<T>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

/// Adds "--flag value", again for each value; nothing for none.
void add_words(std::vector<std::string>& words, const std::string& flag, const std::string& value);
void add_words(std::vector<std::string>& words, const std::string& flag,
               const std::vector<std::string>& values);

/// What a training reads: the recording, and folders of images that its configuration names.
std::vector<std::filesystem::path> inputs_of(const Config& config,
                                             const std::filesystem::path& recording);

struct SimulateStep : Step {
  std::string images, out;
  SimulatorOptions options;
  bool force = false;

  std::vector<std::string> words() override;
  void run(const Invocation& invocation) override;
};

struct ImportStep : Step {
  explicit ImportStep(const ImporterEntry& its_format);
  /// What can be said of the import: the importer's own, and those of `prepare` it has not itself.
  Options options();

  std::vector<std::string> words() override;
  void run(const Invocation& invocation) override;

  std::string format, out;
  std::vector<std::string> paths;
  bool force = false;
  std::unique_ptr<Importer> importer;
  PrepareOptions prepare;
};

struct TrainStep : Step {
  std::string config, recording;
  std::vector<std::string> settings;  ///< "key=value"
  TrainOptions options;

  /// Errors: no such configuration, or a setting that is none.
  Config configuration() const;
  std::vector<std::string> words() override;
  void run(const Invocation& invocation) override;
};

struct ReconstructStep : Step {
  std::string model, recording, out, png, name;
  ReconstructOptions options;
  bool force = false;

  std::vector<std::string> words() override;
  void run(const Invocation& invocation) override;
};

struct EvaluateStep : Step {
  std::vector<std::string> reconstructions;
  std::string recording, out, csv, csv_images;
  std::vector<std::string> names;
  EvaluationOptions options;
  bool force = false;

  std::vector<std::string> words() override;
  void run(const Invocation& invocation) override;
};

struct ReportStep : Step {
  std::vector<std::string> files, names;
  std::string out, title = "Afterimage report";
  bool force = false;

  std::vector<std::string> words() override;
  void run(const Invocation& invocation) override;
};

}  // namespace afterimage
