#include "afterimage/recordings/recording.h"

#include <algorithm>

#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/recordings/recording_parts.h"

namespace afterimage {
namespace recording_parts {

void require_finite(const at::Tensor& responses, const std::vector<int64_t>& trials,
                    const std::vector<int64_t>& bins, const Sensors& sensors,
                    const std::string& where) {
  const at::Tensor finite = at::isfinite(responses);
  if (finite.all().item<bool>()) return;
  const int64_t at = finite.logical_not().reshape(-1).nonzero()[0].item<int64_t>();
  const int64_t places = responses.size(2);
  const auto trial = trials[static_cast<size_t>(at / (responses.size(1) * places))];
  const int64_t sensor = at / places % responses.size(1);
  throw Error(where,
              concat("the response of trial ", trial, ", sensor ", sensor, " ('",
                     sensors.name[static_cast<size_t>(sensor)], "'), bin ",
                     bins[static_cast<size_t>(at % places)], " is ",
                     number_text(responses.reshape(-1)[at].item<double>())),
              "Leave that trial or sensor out, or fill the gap");
}

}  // namespace recording_parts

struct Recording::Impl {
  explicit Impl(const std::filesystem::path& path)
      : file(hdf5::File::open(path)), info(recording_parts::read_info(file)) {}
  hdf5::File file;
  RecordingInfo info;
};

Recording::Recording(const std::filesystem::path& path) : impl_(std::make_unique<Impl>(path)) {}
Recording::~Recording() = default;
Recording::Recording(Recording&&) noexcept = default;

const std::filesystem::path& Recording::path() const { return impl_->file.path(); }
const RecordingInfo& Recording::info() const { return impl_->info; }

at::Tensor Recording::stored_responses(const std::vector<int64_t>& trials,
                                       const std::vector<int64_t>& wanted) const {
  const std::vector<int64_t> every = all_rows(bins());
  const std::vector<int64_t>& rows = wanted.empty() ? every : wanted;
  at::Tensor out = at::empty({std::ssize(trials), sensors(), std::ssize(rows)}, at::kFloat);
  auto* values = out.mutable_data_ptr<float>();
  if (rows == every) {
    impl_->file.read_rows("responses", trials, values);
  } else {
    impl_->file.read_rows("responses", trials, rows, values);
  }
  return out;
}

at::Tensor Recording::responses(const std::vector<int64_t>& trials,
                                const std::vector<int64_t>& bins) const {
  at::Tensor out = stored_responses(trials, bins);
  recording_parts::require_finite(out, trials, bins.empty() ? all_rows(this->bins()) : bins,
                                  info().sensors, path().string());
  return out;
}

at::Tensor Recording::images(const std::vector<int64_t>& stimuli) const {
  const RecordingInfo& info = impl_->info;
  const auto count = static_cast<int64_t>(stimuli.size());
  at::Tensor stored = at::empty({count, info.height, info.width, info.channels}, at::kByte);
  impl_->file.read_rows("stimuli/images", stimuli, stored.mutable_data_ptr<uint8_t>());
  return stored
      .permute({0, 3, 1, 2})  // (n, 1 or 3, y, x)
      .expand({count, 3, info.height, info.width})
      .contiguous();
}

at::Tensor Recording::truth(const std::string& name) const {
  const std::string dataset = "truth/" + name;
  const std::vector<int64_t> shape = impl_->file.shape(dataset);
  const std::vector<double> values = impl_->file.read<double>(dataset);
  at::Tensor out = at::empty(shape, at::kDouble);
  std::copy(values.begin(), values.end(), out.mutable_data_ptr<double>());
  return out;
}

bool Recording::has_truth(const std::string& name) const {
  return impl_->file.has("truth/" + name);
}

std::vector<std::string> Recording::truths() const {
  return impl_->file.has("truth") ? impl_->file.members("truth") : std::vector<std::string>();
}

}  // namespace afterimage
