#include "afterimage/recordings/array_source.h"

#include <ATen/ops/tensor.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

void require(bool right, const std::string& what, const std::string& expected) {
  if (!right) throw Error("samples", what, expected);
}

std::string bytes_hash(const at::Tensor& values) {
  const at::Tensor whole = values.cpu().contiguous();
  return sha256({static_cast<const char*>(whole.const_data_ptr()), whole.nbytes()});
}

at::Tensor rows_of(const at::Tensor& values, const std::vector<int64_t>& rows) {
  return values.index_select(0, at::tensor(rows, at::kLong));
}

}  // namespace

ArraySource::ArraySource(at::Tensor responses, at::Tensor images, std::vector<int64_t> stimulus,
                         std::vector<std::string> photographs)
    : responses_(std::move(responses)),
      images_(std::move(images)),
      stimulus_(std::move(stimulus)),
      photographs_(std::move(photographs)) {
  require(responses_.dim() == 3 && responses_.scalar_type() == at::kFloat,
          "the responses are not (sample, sensor, bin) float32", "Give them so");
  const int64_t n = responses_.size(0);
  if (stimulus_.empty()) stimulus_ = all_rows(n);
  trials_averaged_.assign(static_cast<size_t>(n), 1);
  const auto fits = [&](const auto& list) { return std::ssize(list) == n; };
  require(fits(stimulus_) && (photographs_.empty() || fits(photographs_)),
          concat("there are ", n, " responses, ", stimulus_.size(), " stimuli and ",
                 photographs_.size(), " photographs"),
          "Give one for each response");
  if (!images_.defined()) return;
  require(images_.dim() == 4 && images_.size(0) == n && images_.size(1) == 3 &&
              images_.size(2) == images_.size(3) &&
              (images_.scalar_type() == at::kByte || images_.is_floating_point()),
          "the images are not (sample, 3, size, size), uint8 or floating",
          "Give one for each response");
}

std::vector<std::string> ArraySource::photographs() const {
  if (!photographs_.empty()) return photographs_;
  std::vector<std::string> names;
  for (const int64_t number : stimulus_) names.push_back(std::to_string(number));
  return names;
}

at::Tensor ArraySource::responses(const std::vector<int64_t>& rows) const {
  return rows_of(responses_, rows);
}

at::Tensor ArraySource::images(const std::vector<int64_t>& rows) const {
  require(images_.defined(), "there are no images", "Give them");
  const at::Tensor part = rows_of(images_, rows);
  return part.scalar_type() == at::kByte ? part.to(at::kFloat).div_(255) : part.to(at::kFloat);
}

std::string ArraySource::fingerprint() const {
  std::string all = bytes_hash(responses_) + (images_.defined() ? bytes_hash(images_) : "");
  for (const auto& name : photographs()) all += name + "\n";
  for (const int64_t number : stimulus_) all += std::to_string(number) + " ";
  return sha256(all);
}

}  // namespace afterimage
