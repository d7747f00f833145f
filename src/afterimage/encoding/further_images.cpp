#include "afterimage/encoding/further_images.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>
#include <unordered_set>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"
#include "afterimage/simulation/stimuli.h"

namespace afterimage {
namespace {

/// What is drawn for one image.
struct Variation {
  double side;  // of the crop over that of the image
  double x, y;  // of the room left to move, 0..1
  double turn;  // radians
  bool flip;
  at::Tensor gain;  // (3, 1, 1)
};

Variation draw(const VariationOptions& options, int64_t channels, int64_t number,
               const RunContext& run) {
  auto generator = run.generator(concat("predicted image ", number));
  const auto u = at::rand({5}, generator, at::kDouble);
  const auto at = [&](int64_t i) { return u[i].item<double>(); };
  const double least = std::min(options.crop, 1.0), most = std::max(options.crop, 1.0);
  // Below 1 crops are parts of the image; above, they are as often enlarged as reduced.
  const double from = options.crop > 1 ? 1 / options.crop : least;
  auto gain = at::randn({channels == 1 ? 1 : 3, 1, 1}, generator) * options.colour + 1;
  return {from + (most - from) * at(0),
          at(1),
          at(2),
          (2 * at(3) - 1) * options.turn * std::numbers::pi / 180,
          options.flip && at(4) < 0.5,
          gain.expand({3, 1, 1})};
}

/// Rows of affine_grid: where in the image, -1..1 along both axes, a place of the result lies.
at::Tensor affine(const Variation& v) {
  const double mirror = v.flip ? -1 : 1, room = std::abs(1 - v.side);
  const double c = std::cos(v.turn) * v.side, s = std::sin(v.turn) * v.side;
  return at::tensor({c * mirror, -s, room * (2 * v.x - 1), s * mirror, c, room * (2 * v.y - 1)},
                    at::kFloat)
      .view({2, 3});
}

}  // namespace

Options VariationOptions::options() {
  return {
      Option("crop", crop,
             "smallest part of an image that is shown, of its side; above 1: images are enlarged "
             "and reduced by up to as much, the border repeated")
          .range(0.1, 2),
      Option("turn", turn, "images are turned by up to as much").range(0, 180).unit("degrees"),
      Option("flip", flip, "half of the images are mirrored, left to right"),
      Option("colour", colour, "how much each channel's brightness varies, a standard deviation")
          .range(0, 1),
  };
}

VariedSamples::VariedSamples(const SampleSource& samples, int64_t count,
                             const VariationOptions& options, const RunContext& run)
    : samples_(samples),
      count_(count),
      options_(options),
      run_(run),
      photographs_(samples.photographs()) {
  std::unordered_set<int64_t> seen;
  std::vector<int64_t> first;
  for (int64_t i = 0; i < samples.count(); ++i) {
    if (seen.insert(samples.stimulus()[static_cast<size_t>(i)]).second) first.push_back(i);
  }
  const auto order =
      at::randperm(std::ssize(first), run.generator("predicted image order"), at::kLong);
  for (int64_t i = 0; i < order.numel(); ++i) {
    rows_.push_back(first[static_cast<size_t>(order[i].item<int64_t>())]);
  }
}

int64_t VariedSamples::row(int64_t number) const {
  return rows_[static_cast<size_t>(number * std::ssize(rows_) / count_)];
}

std::string VariedSamples::photograph(int64_t number) const {
  return photographs_[static_cast<size_t>(row(number))];
}

at::Tensor VariedSamples::images(const std::vector<int64_t>& numbers) const {
  std::vector<int64_t> rows;
  std::vector<at::Tensor> places, gains;
  for (const auto number : numbers) {
    const auto v = draw(options_, samples_.channels(), number, run_);
    rows.push_back(row(number));
    places.push_back(affine(v));
    gains.push_back(v.gain);
  }
  const auto shown = samples_.images(rows);  // (n, 3, size, size)
  const auto grid = at::affine_grid_generator(at::stack(places), shown.sizes(), false);
  const auto varied = at::grid_sampler(shown, grid, /*bicubic=*/2, /*border=*/1, false);
  return (varied * at::stack(gains)).clamp(0, 1);
}

FolderCrops::FolderCrops(const std::filesystem::path& folder, int64_t count, int64_t size,
                         int64_t channels, const VariationOptions& options,
                         const OtherStimuli& others, const RunContext& run)
    : count_(count), size_(size), channels_(channels), options_(options), run_(run) {
  int64_t left_out = 0;
  for (const auto& path : image_files(folder)) {
    run.stop_if_cancelled("stopped; nothing was written");
    if (others.show(path.filename().string(), read_image(path))) {
      ++left_out;
    } else {
      paths_.push_back(path);
    }
  }
  if (left_out > 0) {
    run.say(concat(left_out, " of ", left_out + std::ssize(paths_), " photographs of ",
                   folder.string(), " show stimuli of other trials and are left out"));
  }
  if (paths_.empty()) {
    throw Error(folder, "all its photographs show stimuli that are not to be learned from",
                "Name a folder with others");
  }
}

size_t FolderCrops::place(int64_t number) const {
  return static_cast<size_t>(number * std::ssize(paths_) / count_);
}

std::string FolderCrops::photograph(int64_t number) const {
  return paths_[place(number)].filename().string();
}

at::Tensor FolderCrops::images(const std::vector<int64_t>& numbers) const {
  std::vector<at::Tensor> cuts;
  for (const auto number : numbers) {
    if (held_ != place(number)) {
      held_ = place(number);
      photograph_ = read_image(paths_[held_]);
    }
    const auto v = draw(options_, channels_, number, run_);
    simulator::Crop crop;
    crop.side = std::min(v.side, 1.0);
    crop.x = v.x;
    crop.y = v.y;
    crop.flip = v.flip;
    auto image = simulator::cut(photograph_, crop, size_).to(at::kFloat).div_(255);
    if (channels_ == 1) image = image.mean(0, true).expand({3, -1, -1});
    cuts.push_back((image * v.gain).clamp(0, 1));
  }
  return at::stack(cuts);
}

}  // namespace afterimage
