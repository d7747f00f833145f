#include "afterimage/simulation/stimuli.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"
#include "afterimage/simulation/shapes.h"

namespace afterimage::simulator {
namespace {

namespace fs = std::filesystem;

constexpr double kSmallestCrop = 0.5;  // of the shorter side

void append(std::vector<Photograph>& list, const fs::path& folder) {
  for (const auto& path : image_files(folder)) list.push_back({path, path.filename().string()});
}

void shuffle(std::vector<Photograph>& list, at::Generator& generator) {
  const auto order = at::randperm(static_cast<int64_t>(list.size()), generator, at::kLong);
  std::vector<Photograph> shuffled;
  for (int64_t i = 0; i < order.numel(); ++i) {
    shuffled.push_back(list[static_cast<size_t>(order[i].item<int64_t>())]);
  }
  list = std::move(shuffled);
}

void drop_unreadable(std::vector<Photograph>& list, std::vector<std::string>& skipped) {
  std::erase_if(list, [&](const Photograph& photograph) {
    try {
      read_image(photograph.path);
      return false;
    } catch (const Error&) {
      skipped.push_back(photograph.path.filename().string());
      return true;
    }
  });
}

/// Sources are told apart by their folder when two folders use one file name.
void tell_apart(Photographs& photographs) {
  std::set<std::string> seen;
  bool clash = false;
  for (const auto* list : {&photographs.train, &photographs.test, &photographs.other}) {
    for (const auto& p : *list) clash |= !seen.insert(p.source).second;
  }
  if (!clash) return;
  for (auto* list : {&photographs.train, &photographs.test, &photographs.other}) {
    for (auto& p : *list) p.source = p.path.parent_path().filename().string() + "/" + p.source;
  }
}

std::string fewer(int64_t asked, int64_t given, size_t available) {
  if (given >= asked) return {};
  return concat(given, " test images instead of ", asked, ": there are ", available,
                " photographs in all, and most of them have to go to the training");
}

void hold_out(Photographs& photographs, int64_t test_images) {
  auto& all = photographs.train;
  const auto count = static_cast<int64_t>(all.size());
  const int64_t held = std::min(test_images, std::max<int64_t>(1, count / 3));
  photographs.note = fewer(test_images, held, all.size());
  photographs.test.assign(all.begin(), all.begin() + held);
  all.erase(all.begin(), all.begin() + held);
}

void keep_some(Photographs& photographs, int64_t test_images) {
  auto& test = photographs.test;
  const auto held = std::min(test_images, static_cast<int64_t>(test.size()));
  if (held < test_images) {
    photographs.note =
        concat(held, " test images instead of ", test_images, ": the folder test/ holds no more");
  }
  test.resize(static_cast<size_t>(held));
}

double draw(at::Generator& generator) {
  return at::rand({}, generator, at::kDouble).item<double>();
}

}  // namespace

Photographs choose_photographs(const fs::path& folder, int64_t test_images, bool skip_bad,
                               at::Generator generator) {
  Photographs photographs;
  const bool split = fs::is_directory(folder / "train") && fs::is_directory(folder / "test");
  append(photographs.train, split ? folder / "train" : folder);
  if (split && fs::is_directory(folder / "val")) append(photographs.train, folder / "val");
  if (split) append(photographs.test, folder / "test");
  if (skip_bad) {
    drop_unreadable(photographs.train, photographs.skipped);
    drop_unreadable(photographs.test, photographs.skipped);
  }
  const size_t found = photographs.train.size() + photographs.test.size();
  if (found < 2) {
    throw Error(folder, concat(found, " readable photograph", found == 1 ? "" : "s"),
                "Give at least two: no photograph may be in both training and test");
  }
  if (split && (photographs.train.empty() || photographs.test.empty())) {
    throw Error(folder / (photographs.train.empty() ? "train" : "test"), "no readable photograph",
                "Give at least one");
  }
  shuffle(photographs.train, generator);
  shuffle(photographs.test, generator);
  split ? keep_some(photographs, test_images) : hold_out(photographs, test_images);
  tell_apart(photographs);
  return photographs;
}

void add_others(Photographs& photographs, const fs::path& folder, bool skip_bad) {
  append(photographs.other, folder);
  std::set<fs::path> used;
  for (const auto* list : {&photographs.train, &photographs.test}) {
    for (const auto& photograph : *list) used.insert(fs::canonical(photograph.path));
  }
  for (const auto& photograph : photographs.other) {
    if (!used.contains(fs::canonical(photograph.path))) continue;
    throw Error(photograph.path, "is among the photographs to learn from and to test with already",
                "Name a folder of others");
  }
  if (skip_bad) drop_unreadable(photographs.other, photographs.skipped);
  tell_apart(photographs);
}

std::vector<Stimulus> plan_stimuli(const Photographs& photographs, int64_t train_trials,
                                   at::Generator generator, int64_t shapes) {
  std::vector<Stimulus> stimuli;
  const auto sources = static_cast<int64_t>(photographs.train.size());
  for (int64_t p = 0; p < sources; ++p) {
    const auto& source = photographs.train[static_cast<size_t>(p)].source;
    const int64_t crops = train_trials / sources + (p < train_trials % sources ? 1 : 0);
    for (int64_t k = 0; k < crops; ++k) {
      Crop crop;
      crop.photograph = p;
      crop.side = kSmallestCrop + (1 - kSmallestCrop) * draw(generator);
      crop.x = draw(generator);
      crop.y = draw(generator);
      crop.flip = draw(generator) < 0.5;
      stimuli.push_back({crop, concat(source, "#", k), source});
    }
  }
  Crop whole;
  whole.photograph = sources;
  for (const auto* list : {&photographs.test, &photographs.other}) {
    for (const auto& photograph : *list) {
      stimuli.push_back({whole, photograph.source, photograph.source});
      ++whole.photograph;
    }
  }
  for (int64_t s = 0; s < shapes; ++s) stimuli.push_back({{}, shape_name(s), shape_name(s), s});
  return stimuli;
}

at::Tensor cut(const at::Tensor& photograph, const Crop& crop, int64_t size) {
  const int64_t height = photograph.size(1), width = photograph.size(2);
  const auto side =
      std::max<int64_t>(1, std::llround(crop.side * static_cast<double>(std::min(height, width))));
  const auto top = std::llround(crop.y * static_cast<double>(height - side));
  const auto left = std::llround(crop.x * static_cast<double>(width - side));
  auto square = photograph.narrow(1, top, side).narrow(2, left, side);
  if (crop.flip) square = square.flip(2);
  return resize_image(square, size, size);
}

StimulusReader::StimulusReader(const Photographs& photographs, int64_t size) : size_(size) {
  for (const auto* list : {&photographs.train, &photographs.test, &photographs.other}) {
    for (const auto& p : *list) paths_.push_back(p.path);
  }
}

at::Tensor StimulusReader::read(const std::vector<Stimulus>& stimuli,
                                const std::vector<int64_t>& rows) {
  std::vector<at::Tensor> images;
  for (const int64_t row : rows) {
    const auto& stimulus = stimuli[static_cast<size_t>(row)];
    if (stimulus.shape >= 0) {
      images.push_back(draw_shape(stimulus.shape, size_));
      continue;
    }
    const Crop& crop = stimulus.crop;
    if (crop.photograph != held_) {
      photograph_ = read_image(paths_[static_cast<size_t>(crop.photograph)]);
      held_ = crop.photograph;
    }
    images.push_back(cut(photograph_, crop, size_));
  }
  return at::stack(images);
}

}  // namespace afterimage::simulator
