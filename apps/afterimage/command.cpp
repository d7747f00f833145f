#include "afterimage/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "afterimage/base/process.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/terminal_listener.h"
#include "afterimage/base/text.h"

namespace afterimage {

RunContext Invocation::context() const {
  std::shared_ptr<Listener> listener;
  if (!run.quiet) listener = std::make_shared<TerminalListener>();
  const RunContext context(run, cancellation, std::move(listener));
  prepare_process(context);
  return context;
}

nlohmann::json Invocation::provenance(const RunContext& context, const nlohmann::json& options,
                                      const std::vector<std::filesystem::path>& inputs) const {
  return afterimage::provenance(command_line, context.to_json(), options, inputs);
}

const std::vector<Command>& command_table() {
  static const std::vector<Command> table = {
      {"demo", "the whole way: simulate or import, train, reconstruct, evaluate, report",
       "afterimage demo --out demo", declare_demo},
      {"simulate", "make a recording from photographs, with known receptive fields and noise",
       "afterimage simulate --images photos --out recording.h5 --snr 2", declare_simulate},
      {"import", "make a recording from a laboratory's files",
       "afterimage import digit69 digit69_28x28.mat --out digits.h5", declare_import},
      {"export", "write a recording as NumPy or MATLAB files",
       "afterimage export recording.h5 --out folder --format mat", declare_export},
      {"prepare", "windows, z-scores, reliability, choice of sensors, splits, images",
       "afterimage prepare recording.h5 --out ready.h5 --zscore block --reliability test",
       declare_prepare},
      {"fields", "find where each sensor looks: receptive fields from training stimuli",
       "afterimage fields recording.h5 --method prf --out mapped.h5", declare_fields},
      {"encode", "fit encoding models, images to responses, or predict with them",
       "afterimage encode recording.h5 --out encoder", declare_encode},
      {"features", "what a pretrained network says of the stimuli: latents, conditions, any layer",
       "afterimage features recording.h5 --network squeezenet --out features.h5", declare_features},
      {"train", "train a decoder on a recording",
       "afterimage train tuned --recording recording.h5 --out model", declare_train},
      {"reconstruct", "turn a split's responses into images, beside the controls",
       "afterimage reconstruct model recording.h5 --out images.h5 --png images",
       declare_reconstruct},
      {"crossvalidate", "train and reconstruct fold by fold, pooled into one reconstruction",
       "afterimage crossvalidate ridge --recording recording.h5 --by stimulus --folds 10 --out "
       "images.h5",
       declare_crossvalidate},
      {"evaluate", "score reconstructions and their controls against what was shown",
       "afterimage evaluate images.h5 --recording recording.h5 --out scores.json",
       declare_evaluate},
      {"compare", "many decoders and recordings in one table, with paired tests",
       "afterimage compare a.json b.json c.json --page compared.html", declare_compare},
      {"judge", "a page on which people choose the better of two reconstructions",
       "afterimage judge a.h5 b.h5 --recording recording.h5 --out judge.html", declare_judge},
      {"analyse", "look into a model: regions, windows, layers, colour, learned fields",
       "afterimage analyse occlusion model recording.h5 --out occlusion", declare_analyse},
      {"study", "train variants of a decoder with several seeds, and compare them",
       "afterimage study plan.toml --out study", declare_study},
      {"report", "one self-contained page of any of these files",
       "afterimage report recording.h5 images.h5 scores.json model --out report.html",
       declare_report},
      {"info", "what a file holds and where it came from", "afterimage info recording.h5",
       declare_info},
      {"list", "decoders, projections, metrics, configs, importers, fields or networks",
       "afterimage list decoders", declare_list},
      {"doctor", "check this machine and installation", "afterimage doctor", declare_doctor},
  };
  return table;
}

void declare_commands(CLI::App& app, Invocation& invocation, std::function<void()>& chosen) {
  app.option_defaults()->always_capture_default();
  for (const auto& command : command_table()) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    const auto action = command.declare(*sub, invocation);
    add_options(*sub, invocation.run.options());
    sub->footer("Example:\n  " + command.example);
    sub->callback([&chosen, action] { chosen = action; });
  }
}

namespace {

nlohmann::json describe(const CLI::Option& option) {
  const bool flag = option.get_items_expected_max() == 0;
  std::string type = option.get_type_name();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return {{"name", option.get_positional() ? option.get_name(true, false) : option.get_name()},
          {"positional", option.get_positional()},
          {"type", flag ? "flag" : type},
          {"required", option.get_required()},
          {"several", option.get_items_expected_max() > 1 ||
                          option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll},
          {"help", option.get_description()}};
}

nlohmann::json describe(const CLI::App& app) {
  auto arguments = nlohmann::json::array(), commands = nlohmann::json::array();
  for (const auto* option : app.get_options()) {
    if (option != app.get_help_ptr()) arguments.push_back(describe(*option));
  }
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(describe(*sub));
  }
  return {{"name", app.get_name()},
          {"summary", app.get_description()},
          {"arguments", arguments},
          {"commands", commands}};
}

}  // namespace

nlohmann::json describe_commands() {
  CLI::App app;
  Invocation invocation;
  std::function<void()> chosen;
  declare_commands(app, invocation, chosen);
  auto commands = describe(app).at("commands");
  for (size_t i = 0; i < commands.size(); ++i) commands[i]["example"] = command_table()[i].example;
  return commands;
}

std::string option_name(const Option& option) {
  std::string flag = "--" + option.name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

void add_options(CLI::App& app, const Options& options) {
  for (const auto& option : options) {
    const std::string flag = option_name(option);
    const auto set = [option, flag](const std::string& text) {
      Option target = option;
      set_option(target, text, flag);
    };
    if (std::holds_alternative<bool*>(option.target)) {
      const bool on = *std::get<bool*>(option.target);
      if (on) {
        app.add_option_function<std::string>(flag, set, help_text(option))->type_name("true|false");
      } else {
        app.add_flag_callback(
            flag, [set] { set("true"); }, option.help);
      }
      continue;
    }
    const bool words = std::holds_alternative<std::vector<std::string>*>(option.target);
    const bool list = words || std::holds_alternative<std::vector<double>*>(option.target) ||
                      std::holds_alternative<std::vector<int64_t>*>(option.target);
    const bool text = words || std::holds_alternative<std::string*>(option.target);
    if (list) {  // "--absent A,B" and "--absent A --absent B"
      app.add_option_function<std::vector<std::string>>(
             flag, [set](const auto& values) { set(join(values, ",")); }, help_text(option))
          ->type_name(text ? "TEXT,..." : "NUMBER,...")
          ->expected(1)
          ->take_all();
      continue;
    }
    app.add_option_function<std::string>(flag, set, help_text(option))
        ->type_name(text ? "TEXT" : "NUMBER");
  }
}

void say_report(const ImportReport& report, const RunContext& run) {
  for (const auto& dropped : report.dropped) {
    run.say(concat("dropped ", dropped.count, " ", dropped.what, ": ", dropped.reason));
  }
  for (const auto& note : report.notes) run.say(note);
}

std::string command_line(const std::vector<std::string>& words) {
  std::string line = "afterimage";
  for (const auto& word : words) {
    const bool plain = word.find_first_of(" \"'\\$*?;&|<>()") == std::string::npos;
    line += plain && !word.empty() ? " " + word : " '" + word + "'";
  }
  return line;
}

std::vector<std::string> changed_words(const Options& given, const Options& standard) {
  std::vector<std::string> words;
  for (size_t i = 0; i < given.size(); ++i) {
    const std::string value = value_text(given[i]);
    if (value == value_text(standard[i])) continue;
    words.push_back(option_name(given[i]));
    const auto* flag = std::get_if<bool*>(&given[i].target);
    if (flag == nullptr || !**flag) words.push_back(value);
  }
  return words;
}

std::vector<std::string> run_words(const RunOptions& run) {
  RunOptions options = run;
  std::vector<std::string> words;
  for (const auto& option : options.options()) {
    if (option.name == "quiet") {
      if (run.quiet) words.emplace_back("--quiet");
    } else if (!value_text(option).empty()) {
      words.push_back("--" + option.name);
      words.push_back(value_text(option));
    }
  }
  return words;
}

nlohmann::json on_processor(nlohmann::json provenance) {
  provenance["run"]["device"] = "cpu";
  return provenance;
}

void add_settings(CLI::App& app, std::vector<std::string>& settings, const std::string& help) {
  app.add_option("--set", settings, help)->type_name("KEY=VALUE")->expected(1)->take_all();
}

void add_force(CLI::App& app, bool& force) {
  app.add_flag("--force", force, "replace the output if it exists");
}

}  // namespace afterimage
