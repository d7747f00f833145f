#include "afterimage/importers/trial_stream.h"

#include <ATen/Functions.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>

#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

int64_t pieces(int64_t size, int64_t piece) { return (size + piece - 1) / piece; }

std::filesystem::path beside(const std::filesystem::path& out, const std::string& ending) {
  return out.parent_path() / concat(".", out.filename().string(), ending);
}

[[noreturn]] void fail(const std::filesystem::path& file, const char* what) {
  throw Error(file, concat(what, " (", std::strerror(errno), ")"), "Is the disk full?");
}

}  // namespace

TrialStream::TrialStream(Request request)
    : request_(std::move(request)), file_(hdf5::File::open(request_.file)) {
  file_.require_shape(request_.dataset, {-1, -1, -1}, {"time", "trial", "channel"});
  const auto shape = file_.shape(request_.dataset);  // (time, trial, channel)
  times_ = shape[0];
  trials_ = shape[1];
  all_channels_ = shape[2];
  windows_ = request_.windows.empty() ? times_ : request_.windows[0].weights.size(1);
  const auto count = static_cast<int64_t>(request_.channels.size());
  std::vector<int64_t> order(request_.channels.size());
  std::iota(order.begin(), order.end(), 0);
  const auto channel = [&](int64_t i) { return request_.channels[static_cast<size_t>(i)]; };
  std::sort(order.begin(), order.end(),
            [&](int64_t a, int64_t b) { return channel(a) < channel(b); });
  place_.resize(order.size());
  for (int64_t i = 0; i < count; ++i) {
    const int64_t asked = order[static_cast<size_t>(i)];
    TORCH_INTERNAL_ASSERT(channel(asked) >= 0 && channel(asked) < all_channels_);
    sorted_.push_back(channel(asked));
    place_[static_cast<size_t>(asked)] = i;
  }
  group_.assign(order.size(), 0);
  for (size_t g = 0; g < request_.windows.size(); ++g) {
    for (const int64_t asked : request_.windows[g].sensors) {
      group_[static_cast<size_t>(place_[static_cast<size_t>(asked)])] = static_cast<int64_t>(g);
    }
  }
  kept_ = beside(request_.out, ".stream");
  cursor_ = beside(request_.out, ".stream.json");
  plan();
}

TrialStream::~TrialStream() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

// Boxes are whole chunks. They take all times where that fits, then more channels, then trials:
// adjacent channels lie together on the disk.
void TrialStream::plan() {
  auto chunk = file_.chunk(request_.dataset);
  if (chunk.empty()) chunk = {1, 1, 1};
  const auto budget = request_.memory / 4;
  box_ = {times_, std::min(chunk[1], trials_), std::min(chunk[2], all_channels_)};
  if (box_[0] * box_[1] * box_[2] > budget) {
    const int64_t slab = box_[1] * box_[2];
    box_[0] = std::min(times_, std::max<int64_t>(1, budget / slab / chunk[0]) * chunk[0]);
    const int64_t held = slab * (windows_ + box_[0]);  // sums, and a slab of times
    if (held > (int64_t{1} << 28) || (box_[0] < times_ && request_.windows.empty())) {
      throw Error(request_.file,
                  concat("'", request_.dataset, "' is stored in chunks of ", chunk[0], " x ",
                         chunk[1], " x ", chunk[2], ", too large to be read in pieces"),
                  "Store it anew: h5repack -l " + request_.dataset +
                      ":CHUNK=" + std::to_string(times_) + "x64x64 OLD NEW");
    }
    return;
  }
  const auto grow = [&](size_t axis, int64_t size) {
    const int64_t others = box_[0] * box_[1] * box_[2] / box_[axis];
    const int64_t fitting = std::max<int64_t>(1, budget / others / chunk[axis]) * chunk[axis];
    box_[axis] = std::min(size, std::max(box_[axis], fitting));
  };
  grow(2, all_channels_);
  grow(1, trials_);
}

std::string TrialStream::fingerprint() const {
  const auto content = content_hash(request_.file);
  nlohmann::json what = {{"content", content.text()},
                         {"dataset", request_.dataset},
                         {"box", box_},
                         {"channels", sorted_},
                         {"groups", group_},
                         {"version", version()}};
  if (content.sampled) {  // a change between the samples shows in the time
    what["time"] = std::filesystem::last_write_time(request_.file).time_since_epoch().count();
  }
  for (const auto& group : request_.windows) {
    const at::Tensor weights = group.weights.contiguous();
    what["windows"].push_back(std::vector<float>(
        weights.const_data_ptr<float>(), weights.const_data_ptr<float>() + weights.numel()));
  }
  return sha256(what.dump());
}

void TrialStream::open_kept() {
  descriptor_ = ::open(kept_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(kept_, "cannot be written");
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    throw Error(request_.out, "is being made by another import", "Wait for it, or end it");
  }
}

int64_t TrialStream::kept_bytes() const {
  return static_cast<int64_t>(std::filesystem::file_size(kept_));
}

void TrialStream::run() {
  open_kept();
  const std::string mine = fingerprint();
  int64_t done = 0;
  if (std::filesystem::exists(cursor_)) {
    const auto cursor = nlohmann::json::parse(read_text(cursor_), nullptr, false);
    if (cursor.is_object() && cursor.value("fingerprint", "") == mine &&
        kept_bytes() >= cursor.value("bytes", int64_t{0})) {
      done = cursor.value("done", int64_t{0});
    }
  }
  if (done == 0 && ::ftruncate(descriptor_, 0) != 0) fail(kept_, "cannot be written");
  const int64_t boxes = pieces(trials_, box_[1]) * pieces(all_channels_, box_[2]);
  done = std::min(done, boxes);
  if (done > 0) request_.run.say(concat("going on after ", done, " of ", boxes, " parts"));
  Progress progress(request_.run, "reading " + request_.dataset, boxes, "part", done);
  const Cancellation::Saving saves(request_.run.cancellation());
  for (; done < boxes; ++done) {
    request_.run.stop_if_cancelled(concat("stopped after ", done, " of ", boxes,
                                          " parts; the same command goes on from there"));
    try {
      read_box(done);
    } catch (const Error&) {
      finish();
      throw;
    }
    if (::fdatasync(descriptor_) != 0) fail(kept_, "cannot be written");
    write_text(
        cursor_,
        nlohmann::json({{"fingerprint", mine}, {"done", done + 1}, {"bytes", kept_bytes()}}).dump(),
        true);
    progress.advance();
  }
}

void TrialStream::read_box(int64_t index) {
  const int64_t across = pieces(all_channels_, box_[2]);
  const int64_t first_trial = index / across * box_[1], first_channel = index % across * box_[2];
  const int64_t n = std::min(box_[1], trials_ - first_trial);
  const int64_t c = std::min(box_[2], all_channels_ - first_channel);
  const auto from = std::lower_bound(sorted_.begin(), sorted_.end(), first_channel);
  const auto to = std::lower_bound(from, sorted_.end(), first_channel + c);
  if (from == to) return;  // no channel of it is wanted
  std::vector<int64_t> positions, columns;
  for (auto i = from; i != to; ++i) {
    positions.push_back(i - sorted_.begin());
    columns.push_back(*i - first_channel);
  }
  const at::Tensor wanted = at::tensor(columns, at::kLong);
  at::Tensor sum;  // (n, wanted, window)
  for (int64_t time = 0; time < times_; time += box_[0]) {
    const int64_t t = std::min(box_[0], times_ - time);
    at::Tensor values = at::empty({t, n, c}, at::kFloat);
    file_.read_block(request_.dataset, {time, first_trial, first_channel}, {t, n, c},
                     values.mutable_data_ptr<float>());
    if (!at::isfinite(values.sum()).item<bool>()) {
      refuse_infinite(values.index_select(2, wanted), time, first_trial, columns, first_channel);
    }
    const at::Tensor part = reduce(values, time, positions, wanted);
    sum = sum.defined() ? sum + part : part;
  }
  save(first_trial, positions[0], sum);
}

/// An Error that names the first value of (time, trial, column) that is not finite, if there is
/// one.
void TrialStream::refuse_infinite(const at::Tensor& values, int64_t first_time, int64_t first_trial,
                                  const std::vector<int64_t>& columns,
                                  int64_t first_channel) const {
  const at::Tensor bad = at::isfinite(values).logical_not().nonzero();
  if (bad.size(0) == 0) return;
  const auto at = [&](int64_t axis) { return bad[0][axis].item<int64_t>(); };
  throw Error(request_.file,
              concat("'", request_.dataset, "' holds ",
                     number_text(values[at(0)][at(1)][at(2)].item<double>()), " at time ",
                     first_time + at(0), ", trial ", first_trial + at(1), ", channel ",
                     first_channel + columns[static_cast<size_t>(at(2))], " (counted from 0)"),
              "Leave that channel out, or mend the file");
}

/// (time, n, channel of the box) -> (n, wanted channel, window). The means are taken over all
/// channels and then chosen from: choosing first would copy the box, which takes far longer.
at::Tensor TrialStream::reduce(const at::Tensor& values, int64_t first_time,
                               const std::vector<int64_t>& positions,
                               const at::Tensor& wanted) const {
  if (request_.windows.empty()) {
    return values.permute({1, 2, 0}).index_select(1, wanted);
  }
  const int64_t times = values.size(0);
  at::Tensor out = at::zeros({values.size(1), wanted.numel(), windows_}, at::kFloat);
  for (size_t g = 0; g < request_.windows.size(); ++g) {
    std::vector<int64_t> members;
    for (size_t i = 0; i < positions.size(); ++i) {
      if (group_[static_cast<size_t>(positions[i])] == static_cast<int64_t>(g)) {
        members.push_back(static_cast<int64_t>(i));
      }
    }
    const at::Tensor weights = request_.windows[g].weights.narrow(0, first_time, times);
    const at::Tensor used = weights.abs().sum(1).nonzero().flatten();
    if (members.empty() || used.numel() == 0) continue;
    const int64_t start = used[0].item<int64_t>(), stop = used[-1].item<int64_t>() + 1;
    const at::Tensor means = weights.narrow(0, start, stop - start)
                                 .t()
                                 .matmul(values.narrow(0, start, stop - start).flatten(1))
                                 .view({windows_, values.size(1), values.size(2)});
    const at::Tensor index = at::tensor(members, at::kLong);
    out.index_copy_(1, index,
                    means.index_select(2, wanted.index_select(0, index)).permute({1, 2, 0}));
  }
  return out;
}

void TrialStream::save(int64_t first_trial, int64_t first_kept, const at::Tensor& values) {
  const auto row = static_cast<int64_t>(sorted_.size()) * windows_ * 4;
  const int64_t part = values.size(1) * windows_ * 4;
  const at::Tensor whole = values.contiguous();
  const auto* bytes = reinterpret_cast<const char*>(whole.const_data_ptr<float>());
  const bool rows_touch = part == row;
  const int64_t writes = rows_touch ? 1 : whole.size(0);
  const int64_t length = rows_touch ? part * whole.size(0) : part;
  for (int64_t i = 0; i < writes; ++i) {
    const int64_t start = (first_trial + i) * row + first_kept * windows_ * 4;
    for (int64_t done = 0; done < length;) {
      const ssize_t wrote = ::pwrite(descriptor_, bytes + i * part + done,
                                     static_cast<size_t>(length - done), start + done);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) fail(kept_, "cannot be written");
      done += wrote;
    }
  }
}

at::Tensor TrialStream::rows(const std::vector<int64_t>& trials) const {
  const auto channels = static_cast<int64_t>(sorted_.size());
  at::Tensor out = at::empty({static_cast<int64_t>(trials.size()), channels, windows_}, at::kFloat);
  const int64_t row = channels * windows_ * 4;
  auto* bytes = reinterpret_cast<char*>(out.mutable_data_ptr<float>());
  for (size_t i = 0; i < trials.size(); ++i) {
    for (int64_t done = 0; done < row;) {
      const ssize_t got = ::pread(descriptor_, bytes + static_cast<int64_t>(i) * row + done,
                                  static_cast<size_t>(row - done), trials[i] * row + done);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) fail(kept_, "cannot be read again");
      done += got;
    }
  }
  return out.index_select(1, at::tensor(place_, at::kLong));
}

void TrialStream::finish() {
  std::error_code ignored;
  std::filesystem::remove(cursor_, ignored);
  std::filesystem::remove(kept_, ignored);
}

}  // namespace afterimage
