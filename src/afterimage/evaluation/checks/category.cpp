#include <ATen/ATen.h>

#include <map>
#include <set>

#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/checks/check_data.h"
#include "afterimage/evaluation/checks/check_text.h"
#include "afterimage/recordings/stimulus_hash.h"
#include "afterimage/similarity/correlation.h"

namespace afterimage {
namespace {

constexpr int64_t kFewest = 5;  // stimuli with another of their category, for any statement

/// Every image there is, tested (which come first) and trained on, each stimulus once, by category.
/// Looks stay where they are: those of a training set are large.
class Pool {
 public:
  Pool(CheckData& data, const TrainingImages* training)
      : tested_(data.stimuli().firsts(data.true_looks())) {
    const auto& names = data.recording().info().stimulus_category;
    std::set<int64_t> tested;
    const auto add = [&](int64_t stimulus, int64_t image) {
      const auto& name = names[static_cast<size_t>(stimulus)];
      of_[name].push_back(image);
      auto& sum = sum_[name];
      if (!sum.defined()) sum = at::zeros({tested_.size(1)}, at::kDouble);
      sum += look(image);
      return name;
    };
    const auto first = data.stimuli().first_row();
    for (int64_t s = 0; s < first.size(0); ++s) {
      const auto row = static_cast<size_t>(first[s].item<int64_t>());
      tested.insert(data.decoder(0).stimulus[row]);
      category.push_back(add(data.decoder(0).stimulus[row], s));
    }
    if (training == nullptr) return;
    trained_ = training->looks;
    for (size_t t = 0; t < training->stimulus.size(); ++t) {
      if (tested.contains(training->stimulus[t])) continue;
      add(training->stimulus[t], first.size(0) + static_cast<int64_t>(t));
    }
  }

  std::vector<std::string> category;  ///< of each tested stimulus

  const at::Tensor& tested() const { return tested_; }  ///< (stimulus, d)
  /// Other images of a tested stimulus' category.
  std::vector<int64_t> others(int64_t own) const {
    std::vector<int64_t> images;
    for (const auto image : of_.at(category[static_cast<size_t>(own)])) {
      if (image != own) images.push_back(image);
    }
    return images;
  }
  /// How alike every image is to what looks so: (image) float64.
  at::Tensor likeness(const at::Tensor& look) const {
    auto all = at::mv(tested_, look);
    if (trained_.defined()) all = at::cat({all, at::mv(trained_, look)});
    return all.to(at::kDouble);
  }
  at::Tensor look(int64_t image) const {  ///< (d)
    return image < tested_.size(0) ? tested_[image] : trained_[image - tested_.size(0)];
  }
  /// Of the other images of a tested stimulus' category: (d)
  at::Tensor mean_look(int64_t own) const {
    const auto& name = category[static_cast<size_t>(own)];
    const auto others = static_cast<double>(of_.at(name).size() - 1);
    return ((sum_.at(name) - tested_[own]) / others).to(tested_.scalar_type());
  }

 private:
  at::Tensor tested_, trained_;
  std::map<std::string, std::vector<int64_t>> of_;  // images of a category
  std::map<std::string, at::Tensor> sum_;           // of their looks, (d) float64
};

/// 2-way identification of a tested stimulus among all of them by a stand-in's looks (d).
double identified(const Pool& pool, const at::Tensor& stand_in, int64_t own) {
  if (pool.tested().size(0) < 2) return NAN;
  const auto likeness = at::mv(pool.tested(), stand_in).to(at::kDouble).unsqueeze(1);
  return two_way_identification(likeness, at::tensor({own}, at::kLong)).item<double>();
}

/// What the reconstructions tell apart, and what a perfect classifier of categories would; of each
/// row that counts.
struct Told {
  std::vector<double> within, between;
  std::vector<int64_t> rows, stimulus;  ///< which row and stimulus that is
  std::vector<double> mean, member;  ///< identified by the category's mean, by one of its members
};

Told told_apart(CheckData& data, size_t decoder, const Pool& pool) {
  Told told;
  const auto& looks = data.looks(decoder);
  const auto of_row = data.stimuli().of_row();
  for (int64_t row = 0; row < looks.size(0); ++row) {
    const auto own = of_row[row].item<int64_t>();
    const auto others = pool.others(own);
    if (others.empty()) continue;
    const auto likeness = pool.likeness(looks[row]);
    const auto beaten = likeness.lt(likeness[own] - kTie);
    const auto same = beaten.index_select(0, at::tensor(others, at::kLong)).sum().item().toDouble();
    const auto all = beaten.sum().item().toDouble();
    const auto elsewhere = static_cast<double>(likeness.size(0) - 1 - std::ssize(others));
    told.within.push_back(same / static_cast<double>(others.size()));
    told.between.push_back(elsewhere > 0 ? (all - same) / elsewhere : 0.5);
    told.rows.push_back(row);
    told.stimulus.push_back(own);
    told.mean.push_back(identified(pool, pool.mean_look(own), own));
    told.member.push_back(
        identified(pool, pool.look(others[static_cast<size_t>(row) % others.size()]), own));
  }
  return told;
}

CheckResult category(CheckData& data, size_t decoder) {
  if (data.recording().info().stimulus_category.empty()) {
    return not_checked("The recording has no categories of its stimuli",
                       "With /stimuli/category it is told whether more than the category is shown");
  }
  const Pool pool(data, data.training(decoder));
  const auto told = told_apart(data, decoder, pool);
  if (std::ssize(std::set(told.stimulus.begin(), told.stimulus.end())) < kFewest) {
    return not_checked("Too few test images have another image of their category",
                       "Categories with several images are needed");
  }
  const auto values = [](const std::vector<double>& list) { return at::tensor(list, at::kDouble); };
  const Stimuli each(numbered_by_first(told.stimulus));
  const auto within = estimated(values(told.within), each);
  const auto between = estimated(values(told.between), each);
  const auto categories = std::set(pool.category.begin(), pool.category.end()).size();
  const double bound = values(told.mean).mean().item<double>();
  const double score = data.identification(decoder).mean.mean;

  CheckResult result;
  result.figures = {{"within a category", within.mean},
                    {"within, low", within.low},
                    {"within, high", within.high},
                    {"between categories", between.mean},
                    {"2-way identification", score},
                    {"a category's mean image would have", bound},
                    {"a random member would have", values(told.member).mean().item<double>()},
                    {"a perfect classifier would have", 1 - 0.5 / static_cast<double>(categories)}};
  result.found =
      concat("Among images of the same category the true one is told in ", estimate_text(within),
             ", among those of others in ", estimate_text(between),
             " (chance .5); naming the category alone would "
             "score ",
             decimals(bound), " in 2-way identification, this decoder has ", decimals(score));
  std::vector<int64_t> worst;
  for (const auto place : lowest_rows(values(told.within), 10)) {
    worst.push_back(told.rows[static_cast<size_t>(place)]);
  }
  result.rows = std::move(worst);
  if (within.low > 0.5) {
    result.meaning = "More than the category is shown";
  } else if (undecided(within)) {
    result.verdict = Verdict::look;
    result.meaning = "There are too few images to say whether more than the category is shown";
  } else if (between.low > 0.5) {
    result.verdict = Verdict::fail;
    result.meaning =
        "Nothing shows that more than the category was read: 2-way identification "
        "among categories is no evidence of an image";
  } else {
    result.verdict = Verdict::look;
    result.meaning = "Neither the image nor its category is told";
  }
  return result;
}

}  // namespace

Check category_check() {
  return {"category",
          "Category only",
          "decoders that name the category and let a generator draw any image of it",
          "categories finer or coarser than the recording's; needs /stimuli/category",
          "Shirakawa et al. 2024",
          category};
}

}  // namespace afterimage
