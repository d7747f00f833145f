#include "afterimage/steps.h"

namespace afterimage {

void run_step(Step& step, const Invocation& caller) {
  Invocation invocation = caller;
  auto words = step.words();
  const std::string shown = command_line(words);
  for (auto& word : run_words(caller.run)) words.push_back(std::move(word));
  invocation.command_line = command_line(words);
  invocation.context().say("\n$ " + shown);
  step.run(invocation);
}

void add_words(std::vector<std::string>& words, const std::string& flag, const std::string& value) {
  if (value.empty()) return;
  words.push_back(flag);
  words.push_back(value);
}

void add_words(std::vector<std::string>& words, const std::string& flag,
               const std::vector<std::string>& values) {
  for (const auto& value : values) add_words(words, flag, value);
}

}  // namespace afterimage
