#include "afterimage/importers/response_files.h"

#include <ATen/Functions.h>

#include <algorithm>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"
#include "afterimage/base/text.h"
#include "afterimage/importers/import_parts.h"

namespace afterimage {
namespace {

using Words = std::vector<std::string>;

Words default_axes(const ArrayFile& file) {
  switch (file.shape().size()) {
    case 2:
      return {"trial", "sensor"};
    case 3:
      return {"trial", "sensor", "bin"};
    case 4:
      return {"trial", "x", "y", "z"};
    default:
      throw Error(file.where(), concat("has the shape ", shape_text(file.shape())),
                  "Say what its indices are: responses_axes = [\"trial\", \"sensor\", \"bin\"]");
  }
}

/// Position of an axis, -1 where there is none.
int64_t position(const Words& axes, const std::string& name) {
  const auto found = std::find(axes.begin(), axes.end(), name);
  return found == axes.end() ? -1 : found - axes.begin();
}

/// Positions of the axes that make a sensor, in order.
std::vector<int64_t> sensor_axes(const Words& axes) {
  std::vector<int64_t> positions;
  for (const char* name : {"sensor", "x", "y", "z"}) {
    if (position(axes, name) >= 0) positions.push_back(position(axes, name));
  }
  return positions;
}

void check_axes(const Words& axes) {
  const Words known = {"trial", "sensor", "bin", "x", "y", "z"};
  for (const auto& axis : axes) {
    if (position(known, axis) < 0) {
      throw Error("responses_axes", "there is no axis '" + axis + "'", suggestion(axis, known));
    }
    if (std::count(axes.begin(), axes.end(), axis) > 1) {
      throw Error("responses_axes", "names '" + axis + "' twice");
    }
  }
  const bool volume = position(axes, "x") >= 0;
  if (position(axes, "trial") < 0 || sensor_axes(axes).empty() ||
      (volume && position(axes, "sensor") >= 0)) {
    throw Error("responses_axes", "is " + join(axes),
                "It needs 'trial', and 'sensor' or 'x', 'y', 'z'");
  }
}

}  // namespace

ResponseFiles::ResponseFiles(std::vector<std::unique_ptr<ArrayFile>> files, Words axes)
    : files_(std::move(files)), axes_(std::move(axes)) {
  TORCH_INTERNAL_ASSERT(!files_.empty());
  if (axes_.empty()) axes_ = default_axes(*files_[0]);
  check_axes(axes_);
  std::vector<int64_t> expected(axes_.size(), -1);
  const int64_t trial = position(axes_, "trial"), bin = position(axes_, "bin");
  for (const auto& file : files_) {
    require_shape(file->shape(), expected, file->where(),
                  &file == &files_[0] ? "as its axes say" : "as the first file", axes_);
    expected = file->shape();
    first_trial_.push_back(first_trial_.back() + expected[static_cast<size_t>(trial)]);
    expected[static_cast<size_t>(trial)] = -1;
  }
  for (const int64_t axis : sensor_axes(axes_)) {
    sensor_shape_.push_back(expected[static_cast<size_t>(axis)]);
  }
  if (bin >= 0) bins_ = expected[static_cast<size_t>(bin)];
  kept_ = at::arange(c10::multiply_integers(sensor_shape_));
}

void ResponseFiles::select(const at::Tensor& mask, const std::string& where) {
  require_shape(mask.sizes().vec(), sensor_shape_, where,
                "one value for each place in " + files_[0]->where());
  kept_ = kept_.index({mask.reshape(-1).index({kept_}).to(at::kBool)});
  if (sensors() == 0) throw Error(where, "selects no sensor");
}

void ResponseFiles::select(const std::vector<int64_t>& sensors) {
  kept_ = kept_.index({at::tensor(sensors, at::kLong)}).contiguous();
}

std::vector<int64_t> ResponseFiles::trials_by_file() const {
  std::vector<int64_t> counts;
  for (size_t i = 0; i < files_.size(); ++i) {
    counts.push_back(first_trial_[i + 1] - first_trial_[i]);
  }
  return counts;
}

at::Tensor ResponseFiles::rows_of(size_t file, int64_t first, int64_t count) const {
  const int64_t trial = position(axes_, "trial"), bin = position(axes_, "bin");
  at::Tensor values = files_[file]->part(trial, first, count, at::kFloat);
  std::vector<int64_t> order = {trial};
  for (const int64_t axis : sensor_axes(axes_)) order.push_back(axis);
  if (bin >= 0) order.push_back(bin);
  values = values.permute(order).reshape({count, -1, bins_});  // (n, place, bin)
  if (sensors() == values.size(1)) return values.contiguous();
  return values.index_select(1, kept_);
}

at::Tensor ResponseFiles::rows(int64_t first, int64_t count) const {
  std::vector<at::Tensor> parts;
  for (size_t i = 0; i < files_.size(); ++i) {
    const int64_t begin = std::max(first, first_trial_[i]);
    const int64_t end = std::min(first + count, first_trial_[i + 1]);
    if (begin < end) parts.push_back(rows_of(i, begin - first_trial_[i], end - begin));
  }
  TORCH_INTERNAL_ASSERT(!parts.empty());
  const at::Tensor values = parts.size() == 1 ? parts[0] : at::cat(parts);
  return scale_ == 1 ? values : values * scale_;
}

int64_t ResponseFiles::batch() const {
  bool scattered = false;
  for (const auto& file : files_) scattered |= file->pieces(position(axes_, "trial")) > 1;
  return rows_per_batch(c10::multiply_integers(sensor_shape_) * bins_ * 8,
                        scattered ? scattered_batch_bytes : batch_bytes);
}

std::vector<int64_t> ResponseFiles::finite_sensors() const {
  at::Tensor finite = at::ones({sensors()}, at::kBool);
  for (int64_t first = 0; first < trials(); first += batch()) {
    const at::Tensor part = rows(first, std::min(batch(), trials() - first));
    finite.logical_and_(part.isfinite().all(2).all(0));
  }
  return integers_of(finite.nonzero().squeeze(1));
}

void ResponseFiles::append_to(RecordingWriter& writer) const {
  for (int64_t first = 0; first < trials(); first += batch()) {
    writer.append_responses(rows(first, std::min(batch(), trials() - first)));
  }
}

void drop_gaps(ResponseFiles& responses, Sensors& sensors, const std::string& where,
               ImportReport& report, const std::string& things, const std::string& reason) {
  const auto finite = responses.finite_sensors();
  const int64_t gone = sensors.count() - static_cast<int64_t>(finite.size());
  if (finite.empty()) throw Error(where, "every sensor has NaN in some trial");
  if (gone == 0) return;
  sensors = sensors.select(finite);
  responses.select(finite);
  report.note_dropped(things, gone, reason);
}

}  // namespace afterimage
