#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/checks/check_data.h"
#include "afterimage/evaluation/checks/check_text.h"
#include "afterimage/evaluation/checks/counted_metrics.h"

namespace afterimage {
namespace {

CheckResult trivial_decoders(CheckData& data, size_t decoder) {
  CheckResult result;
  std::vector<std::string> texts, lost, tied;
  const auto& controls = data.decoder(decoder).controls;
  for (const char* name : {"mean", "retrieval", "ridge"}) {
    if (!controls.contains(name)) continue;
    auto set = balance(data, decoder, name);
    if (set.compared() == 0) {  // named with the decoder, where several have another of this name
      set = balance(data, decoder, concat(name, " (", data.decoder(decoder).name, ")"));
    }
    if (set.compared() == 0) continue;
    const auto better = std::ssize(set.better), worse = std::ssize(set.worse);
    result.figures[concat("metrics better than ", name)] = static_cast<double>(better);
    result.figures[concat("metrics worse than ", name)] = static_cast<double>(worse);
    texts.push_back(concat(name, " by ", better, " and worse by ", worse, " of ", set.compared()));
    if (worse > better) lost.emplace_back(name);
    if (worse == better) tied.emplace_back(name);
  }
  if (texts.empty()) {
    return not_checked("Nothing simple was reconstructed beside this decoder",
                       "Reconstruct with the controls mean, retrieval and ridge, and two images or "
                       "more");
  }
  result.found = concat(
      "By the metrics it was not trained against, this decoder is clearly better "
      "than ",
      join(texts, "; "));
  if (!lost.empty()) {
    result.verdict = Verdict::fail;
    result.meaning = concat("By most metrics that decide, ", join(lost, " and "),
                            lost.size() == 1 ? " is" : " are", " better");
  } else if (!tied.empty()) {
    result.verdict = Verdict::look;
    result.meaning = concat("It is not shown to be better than ", join(tied, " and "));
  } else {
    result.meaning = "It is better than what anyone can do";
  }
  return result;
}

}  // namespace

Check trivial_decoders_check() {
  return {
      "trivial-decoders",
      "Trivial decoders",
      "decoders that do not beat the mean image, the nearest training trial or a linear decoder",
      "metrics that all prefer one kind of image, such as blurred ones",
      "paired exchange of stimuli, Benjamini-Hochberg, as in the table of comparisons",
      trivial_decoders};
}

}  // namespace afterimage
