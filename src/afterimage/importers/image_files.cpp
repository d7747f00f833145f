#include "afterimage/importers/image_files.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"
#include "afterimage/importers/import_parts.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

bool gray(const at::Tensor& image) {
  return at::equal(image[0], image[1]) && at::equal(image[0], image[2]);
}

}  // namespace

std::vector<fs::path> find_images(const fs::path& folder, const std::vector<std::string>& names) {
  constexpr size_t most_named = 10;
  if (!fs::is_directory(folder)) {
    throw Error(folder, fs::exists(folder) ? "is no folder" : "no such folder");
  }
  std::vector<fs::path> found;
  std::vector<std::string> missing;
  for (const auto& name : names) {
    found.push_back(folder / name);
    if (!fs::is_regular_file(found.back())) missing.push_back(name);
  }
  if (missing.empty()) return found;
  const size_t count = missing.size();
  if (count > most_named) missing.resize(most_named);
  throw Error(folder,
              concat(count, " of ", names.size(), " images are missing: ", join(missing),
                     count > most_named ? concat(" and ", count - most_named, " more") : ""),
              "Put them there, or leave their trials out");
}

ImageFolder::ImageFolder(fs::path folder) : folder_(std::move(folder)) {
  if (fs::is_directory(folder_)) return;
  throw Error(folder_, fs::exists(folder_) ? "is no folder" : "no such folder");
}

void ImageFolder::list() const {
  if (!files_.empty()) return;
  files_ = image_files(folder_);
  for (size_t i = 0; i < files_.size(); ++i) by_name_.emplace(files_[i].stem().string(), i);
}

const fs::path& ImageFolder::numbered(int64_t number, int64_t from,
                                      const std::string& where) const {
  list();
  const auto row = rows_from({number}, from, static_cast<int64_t>(files_.size()), where,
                             "images in " + folder_.string())[0];
  return files_[static_cast<size_t>(row)];
}

fs::path ImageFolder::named(const std::string& label) const {
  if (!label.empty() && fs::is_regular_file(folder_ / label)) return folder_ / label;
  const fs::path below = fs::path(label).parent_path();
  if (!below.empty() && fs::is_directory(folder_ / below)) {
    throw Error(folder_, "has no image '" + label + "'");
  }
  list();
  auto found = by_name_.find(label);
  if (found == by_name_.end()) found = by_name_.find(fs::path(label).stem().string());
  if (found != by_name_.end()) return files_[found->second];
  throw Error(
      folder_, "has no image '" + label + "'",
      concat("It has ", files_.size(), ", the first is '", files_[0].filename().string(), "'"));
}

DistinctImages::DistinctImages(const std::vector<fs::path>& shown) : files(shown) {
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  for (const auto& file : shown) {
    rows.push_back(std::lower_bound(files.begin(), files.end(), file) - files.begin());
  }
}

std::vector<std::string> DistinctImages::names(const fs::path& folder) const {
  std::vector<std::string> out;
  for (const auto& file : files) out.push_back(file.lexically_relative(folder).string());
  return out;
}

ImageFiles::ImageFiles(std::vector<fs::path> files, int64_t size)
    : files_(std::move(files)), size_(size) {
  TORCH_INTERNAL_ASSERT(!files_.empty() && size >= 0);
  const at::Tensor image = size_ > 0 ? at::Tensor() : read_image(files_[0]);
  height_ = size_ > 0 ? size_ : image.size(1);
  width_ = size_ > 0 ? size_ : image.size(2);
  channels_ = all_gray() ? 1 : 3;
}

/// A folder of photographs is known by its first image or two; one of gray images is small.
bool ImageFiles::all_gray() const {
  for (size_t i = 0; i < files_.size(); ++i) {
    if (!gray(read_one(i))) return false;
  }
  return true;
}

at::Tensor ImageFiles::read_one(size_t index) const {
  const at::Tensor image = read_image(files_[index]);
  if (size_ > 0) return centre_square(image, size_);
  if (image.size(1) == height_ && image.size(2) == width_) return image;
  throw Error(files_[index],
              concat("is ", image.size(2), " x ", image.size(1), " pixels, '",
                     files_[0].filename().string(), "' is ", width_, " x ", height_),
              "Give an image size: then the largest centred square of each is resized to it");
}

at::Tensor ImageFiles::read(int64_t first, int64_t count) const {
  at::Tensor images = at::empty({count, channels_, height_, width_}, at::kByte);
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      images[i].copy_(read_one(static_cast<size_t>(first + i)).narrow(0, 0, channels_));
    }
  });
  return images;
}

void ImageFiles::append_to(RecordingWriter& writer) const {
  const int64_t step = rows_per_batch(channels_ * height_ * width_);
  for (int64_t first = 0; first < count(); first += step) {
    writer.append_images(read(first, std::min(step, count() - first)));
  }
}

}  // namespace afterimage
