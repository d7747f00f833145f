#include "afterimage/preparation/splits.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"
#include "afterimage/networks/feature_network.h"
#include "afterimage/preparation/kmeans.h"

namespace afterimage {
namespace {

/// What an image looks like: SqueezeNet's last features, averaged over space. (stimulus, 512)
at::Tensor image_features(const Recording& recording, const RunContext& run) {
  const at::NoGradGuard no_grad;
  const auto network = load_feature_network("squeezenet", run.weights());
  network->to(run.device());
  constexpr int64_t side = 96, batch = 64;
  std::vector<int64_t> all(static_cast<size_t>(recording.info().stimuli()));
  std::iota(all.begin(), all.end(), 0);
  std::vector<at::Tensor> features;
  for_batches(all, batch, [&](int64_t, const std::vector<int64_t>& rows) {
    const at::Tensor images =
        resize_image(recording.images(rows), side, side).to(run.device(), at::kFloat) / 255;
    features.push_back(
        network->forward(images, {"features.12"})[0].mean(at::IntArrayRef{2, 3}).to(at::kCPU));
  });
  return at::cat(features);
}

/// The unit a stimulus is moved with: its source, or itself.
std::string unit_of(const RecordingInfo& info, size_t stimulus) {
  const std::string& source = info.stimulus_source[stimulus];
  return source.empty() ? concat("\n", stimulus) : source;
}

/// Draws whole groups for the test until it has its share of the stimuli. `group` of each stimulus.
std::vector<bool> draw_test(const std::vector<std::string>& group, double share,
                            at::Generator generator) {
  std::map<std::string, std::vector<size_t>> members;
  for (size_t s = 0; s < group.size(); ++s) members[group[s]].push_back(s);
  std::vector<std::string> names;
  for (const auto& [name, list] : members) names.push_back(name);
  const at::Tensor order =
      at::randperm(static_cast<int64_t>(names.size()), generator, at::TensorOptions(at::kLong));
  const auto wanted = std::max<size_t>(
      1, static_cast<size_t>(std::lround(share * static_cast<double>(group.size()))));
  std::vector<bool> test(group.size(), false);
  size_t count = 0;
  const auto take = [&](const std::vector<size_t>& list) {
    for (const size_t s : list) test[s] = true;
    count += list.size();
  };
  for (int64_t i = 0; i < order.numel() && count < wanted; ++i) {
    const auto& list = members[names[static_cast<size_t>(order[i].item<int64_t>())]];
    if (count + list.size() <= 2 * wanted) take(list);  // not a group that is far too large
  }
  if (count == 0) {
    take(std::min_element(members.begin(), members.end(), [](const auto& a, const auto& b) {
           return a.second.size() < b.second.size();
         })->second);
  }
  return test;
}

std::vector<std::string> sources(const RecordingInfo& info) {
  std::vector<std::string> out;
  for (size_t s = 0; s < info.stimulus_source.size(); ++s) out.push_back(unit_of(info, s));
  return out;
}

std::vector<std::string> categories(const RecordingInfo& info, const std::string& where) {
  if (info.stimulus_category.empty()) {
    throw Error(where, "has no categories of its stimuli", "Split by cluster, or import them");
  }
  std::map<std::string, std::string> of_unit;  // the first category of a source
  std::vector<std::string> out;
  for (size_t s = 0; s < info.stimulus_category.size(); ++s) {
    out.push_back(of_unit.try_emplace(unit_of(info, s), info.stimulus_category[s]).first->second);
  }
  return out;
}

std::vector<std::string> clusters(const Recording& recording, int64_t count,
                                  const RunContext& run) {
  const auto cluster = kmeans(image_features(recording, run), count, run.generator("clusters"));
  std::map<std::string, int64_t> of_unit;
  std::vector<std::string> out;
  for (size_t s = 0; s < cluster.size(); ++s) {
    out.push_back(std::to_string(
        of_unit.try_emplace(unit_of(recording.info(), s), cluster[s]).first->second));
  }
  return out;
}

std::set<int64_t> chosen_blocks(const Trials& trials, const SplitOptions& options,
                                const std::string& where) {
  const std::set<int64_t> known(trials.block.begin(), trials.block.end());
  std::set<int64_t> chosen(options.test_blocks.begin(), options.test_blocks.end());
  for (const int64_t block : chosen) {
    if (known.contains(block)) continue;
    throw Error(where, concat("has no block ", block),
                concat("Its blocks go from ", *known.begin(), " to ", *known.rbegin()));
  }
  const auto count =
      std::max<int64_t>(1, std::llround(options.test_share * static_cast<double>(known.size())));
  for (auto block = known.rbegin(); options.test_blocks.empty() && block != known.rend() &&
                                    static_cast<int64_t>(chosen.size()) < count;
       ++block) {
    chosen.insert(*block);
  }
  return chosen;
}

void divide_by_block(const SplitOptions& options, RecordingInfo& info, ImportReport& report,
                     const std::string& where) {
  const auto chosen = chosen_blocks(info.trials, options, where);
  std::set<std::string> tested;
  for (size_t t = 0; t < info.trials.split.size(); ++t) {
    if (info.trials.split[t].empty() || !chosen.contains(info.trials.block[t])) continue;
    tested.insert(unit_of(info, static_cast<size_t>(info.trials.stimulus[t])));
  }
  int64_t both = 0;
  for (size_t t = 0; t < info.trials.split.size(); ++t) {
    if (info.trials.split[t].empty()) continue;  // not used before either
    const bool test = chosen.contains(info.trials.block[t]);
    const bool seen = tested.contains(unit_of(info, static_cast<size_t>(info.trials.stimulus[t])));
    info.trials.split[t] = test ? "test" : seen ? "" : "train";
    both += !test && seen;
  }
  if (both > 0) {
    report.notes.push_back(
        concat("left out of the training: ", both, " trials whose image is also in a test block"));
  }
}

}  // namespace

Options SplitOptions::options() {
  return {
      Option("split", split,
             "how to divide training and test: given (as it is), by block, by source "
             "(photograph), by category, or by cluster of like images")
          .one_of({"given", "block", "source", "category", "cluster"}),
      Option("test_share", test_share, "part of the stimuli (or blocks) for the test")
          .range(0.001, 0.9),
      Option("test_blocks", test_blocks,
             "the blocks of the test, from 0; the last ones if not given")
          .range(0),
      Option("clusters", clusters, "how many clusters of like images").range(2, 100000),
  };
}

void divide(const Recording& recording, const SplitOptions& options, const RunContext& run,
            RecordingInfo& info, ImportReport& report) {
  const std::string where = recording.path().string();
  if (options.split == "given") return;
  if (options.split == "block") {
    divide_by_block(options, info, report, where);
  } else {
    const auto group = options.split == "source"     ? sources(info)
                       : options.split == "category" ? categories(info, where)
                                                     : clusters(recording, options.clusters, run);
    const auto test = draw_test(group, options.test_share, run.generator("splits"));
    for (size_t t = 0; t < info.trials.split.size(); ++t) {
      if (info.trials.split[t].empty()) continue;  // not used before either
      info.trials.split[t] = test[static_cast<size_t>(info.trials.stimulus[t])] ? "test" : "train";
    }
  }
  info.trials_of("train", where);  // an Error when nothing is left
  info.trials_of("test", where);
}

}  // namespace afterimage
