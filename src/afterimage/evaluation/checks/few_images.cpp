#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/checks/check_data.h"
#include "afterimage/evaluation/checks/check_text.h"
#include "afterimage/evaluation/checks/counted_metrics.h"

namespace afterimage {
namespace {

/// With n stimuli no exchange test gives a p below 2 / 2^n: five cannot give p < .05.
constexpr int64_t kFewest = 6;

CheckResult few_images(CheckData& data, size_t decoder) {
  const auto count = data.stimuli().count();
  const auto& name = data.decoder(decoder).name;
  CheckResult result;
  result.figures = {{"images", static_cast<double>(count)}};
  std::vector<std::string> open;
  int64_t others = 0;
  for (const auto& set : data.scores().sets) {
    if (set.name == name || set.name.starts_with("shuffled")) continue;
    const auto pair = balance(data, decoder, set.name);
    if (pair.compared() == 0) continue;
    ++others;
    if (pair.better.empty() && pair.worse.empty()) open.push_back(set.name);
  }
  if (others == 0) {
    return not_checked("Nothing else was scored that this decoder could be told from",
                       "Reconstruct with controls, or evaluate several decoders together");
  }
  result.figures["sets compared"] = static_cast<double>(others);
  result.figures["sets not ordered"] = std::ssize(open);
  result.found = concat(counted(count, "image"), "; of ", others, " other decoders and controls, ",
                        open.size(), " cannot be told from this one by any metric",
                        open.empty() ? "" : " (" + join(open) + ")");
  if (count < kFewest) {
    result.verdict = Verdict::fail;
    result.meaning = "With so few images no difference is significant, whatever its size";
  } else if (!open.empty()) {
    result.verdict = Verdict::look;
    result.meaning =
        "Their order in the tables may be chance: more test images are needed to say "
        "which is better";
  } else {
    result.meaning = "There are enough images to order what is shown";
  }
  return result;
}

}  // namespace

Check few_images_check() {
  return {"few-images",
          "Few images",
          "test sets too small to order the decoders shown",
          "that other images, subjects or trainings might order them otherwise",
          "exchange of stimuli, Benjamini-Hochberg",
          few_images};
}

}  // namespace afterimage
