#include "afterimage/decoders/probes.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <set>

#include "afterimage/base/batches.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/controls.h"

namespace afterimage {
namespace {

using Rows = std::vector<int64_t>;

/// The first row of each stimulus; of more than `most` of them so many, evenly spaced.
Rows chosen_rows(const std::vector<int64_t>& stimulus, int64_t most) {
  std::set<int64_t> seen;
  Rows firsts;
  for (size_t row = 0; row < stimulus.size(); ++row) {
    if (seen.insert(stimulus[row]).second) firsts.push_back(static_cast<int64_t>(row));
  }
  const int64_t count = std::ssize(firsts);
  if (count <= most) return firsts;
  Rows some;
  for (int64_t i = 0; i < most; ++i) some.push_back(firsts[static_cast<size_t>(i * count / most)]);
  return some;
}

/// The probes of one reconstruction.
class Probing {
 public:
  Probing(Reconstruction& result, Decoder& decoder, const ProbeInput& input,
          const ProbeOptions& options, int64_t batch, const RunContext& run)
      : result_(result),
        decoder_(decoder),
        input_(input),
        batch_(batch),
        run_(run),
        rows_(chosen_rows(input.test.stimulus(), options.probe_samples)) {
    const auto& stimulus = input.trials.stimulus();
    for (size_t trial = 0; trial < stimulus.size(); ++trial) {
      trials_of_[stimulus[trial]].push_back(static_cast<int64_t>(trial));
    }
  }

  void zero() {
    const auto given = input_.given(at::zeros({1, input_.test.sensors(), input_.test.bins()}));
    keep("zero", {rows_.front()}, decoder_.reconstruct(given, {run_, 0}));
  }

  void noise() {
    const auto generator = run_.generator("noise probe");
    const ResponseReader read{[&](const Rows& part) {
                                return input_.given(at::randn(
                                    {std::ssize(part), input_.test.sensors(), input_.test.bins()},
                                    generator, at::TensorOptions(at::kFloat)));
                              },
                              0};
    keep("noise", rows_,
         reconstruct_in_batches(decoder_, {read, all_rows(std::ssize(rows_))}, batch_, run_));
  }

  /// Means of the first 1, 2, 4, ... trials in a random order, and of every other one.
  void trials() {
    size_t most = 0;
    std::map<int64_t, Rows> order;  // by row
    const auto generator = run_.generator("trials probe");
    for (const auto row : rows_) {
      const auto& trials = trials_of(row);
      const auto shuffled = at::randperm(std::ssize(trials), generator, at::kLong);
      for (int64_t i = 0; i < shuffled.size(0); ++i) {
        order[row].push_back(trials[static_cast<size_t>(shuffled[i].item<int64_t>())]);
      }
      if (result_.trials_averaged[static_cast<size_t>(row)] > 1) {
        most = std::max(most, trials.size());
      }
    }
    const auto first = [&order](size_t count) {
      return [&order, count](int64_t row) {
        const auto& trials = order[row];
        return trials.size() <= count ? Rows() : Rows(trials.begin(), trials.begin() + count);
      };
    };
    for (size_t count = 1; count < most; count *= 2) means(concat("trials-", count), first(count));
    for (size_t half = 0; half < 2; ++half) {
      means(concat("half-", half + 1), [&order, half](int64_t row) {
        const auto& trials = order[row];
        Rows every_other;
        for (size_t i = half; i < trials.size() && trials.size() > 1; i += 2) {
          every_other.push_back(trials[i]);
        }
        return every_other;
      });
    }
  }

  void recovery() {
    if (input_.noise_free) {
      means(
          "recovery", [this](int64_t row) { return trials_of(row); }, input_.noise_free);
    } else if (input_.predicted) {  // alike for all trials
      means(
          "predicted", [this](int64_t row) { return Rows{trials_of(row).front()}; },
          input_.predicted);
    }
  }

  /// Few samples: an image from alone and from its batch are the same, or they are not.
  void batch() {
    constexpr size_t samples = 4;
    double largest = 0;
    for (size_t i = 0; i < std::min(samples, rows_.size()); ++i) {
      const auto row = rows_[i * rows_.size() / std::min(samples, rows_.size())];
      const auto alone =
          decoder_.reconstruct(input_.given(input_.test.responses({row})), {run_, row});
      largest = std::max(largest, (alone[0] - result_.images[row]).abs().max().item().toDouble());
    }
    result_.batch_difference = largest;
  }

 private:
  const Rows& trials_of(int64_t row) const {
    return trials_of_.at(input_.test.stimulus()[static_cast<size_t>(row)]);
  }

  void keep(const std::string& name, Rows rows, const at::Tensor& images) {
    result_.probes[name] = {std::move(rows), images.mul(255).round_().to(at::kByte)};
  }

  /// The probe of mean responses over the trials that `choose` gives for a row; rows that it gives
  /// none take no part.
  void means(const std::string& name, const std::function<Rows(int64_t)>& choose,
             const std::function<at::Tensor(const Rows&)>& read = {}) {
    std::vector<Rows> groups;
    Rows rows;
    for (const auto row : rows_) {
      groups.push_back(choose(row));
      if (groups.back().empty()) {
        groups.pop_back();
      } else {
        rows.push_back(row);
      }
    }
    if (rows.empty()) return;
    const ResponseReader reader{[&](const Rows& part) {
                                  Rows all;
                                  std::vector<int64_t> sizes;
                                  for (const auto group : part) {
                                    const auto& trials = groups[static_cast<size_t>(group)];
                                    all.insert(all.end(), trials.begin(), trials.end());
                                    sizes.push_back(std::ssize(trials));
                                  }
                                  std::vector<at::Tensor> mean;
                                  const auto responses =
                                      read ? read(all) : input_.trials.responses(all);
                                  for (const auto& trials : responses.split_with_sizes(sizes)) {
                                    mean.push_back(trials.mean(0));
                                  }
                                  return input_.given(at::stack(mean));
                                },
                                0};
    keep(name, rows,
         reconstruct_in_batches(decoder_, {reader, all_rows(std::ssize(rows))}, batch_, run_));
  }

  Reconstruction& result_;
  Decoder& decoder_;
  const ProbeInput& input_;
  int64_t batch_;
  const RunContext& run_;
  Rows rows_;
  std::map<int64_t, Rows> trials_of_;  // rows of input_.trials by stimulus
};

}  // namespace

const std::vector<std::string>& probe_names() {
  static const std::vector<std::string> names = ProbeOptions().probes;
  return names;
}

Options ProbeOptions::options() {
  auto choices = probe_names();
  choices.emplace_back("none");
  return {
      Option("probes", probes,
             "what else the decoder is given, for the checks of evaluate (docs/evaluation.md), or "
             "none")
          .one_of(choices),
      Option("probe_samples", probe_samples, "samples that take part in them, at most")
          .range(2, 1000),
  };
}

void add_probes(Reconstruction& result, Decoder& decoder, const ProbeInput& input,
                const ProbeOptions& options, int64_t batch, const RunContext& run) {
  Probing probing(result, decoder, input, options, batch, run);
  for (const auto& name : options.probes) {
    run.stop_if_cancelled("stopped; nothing was written");
    if (name == "zero") probing.zero();
    if (name == "noise") probing.noise();
    if (name == "trials") probing.trials();
    if (name == "recovery") probing.recovery();
    if (name == "batch") probing.batch();
  }
}

}  // namespace afterimage
