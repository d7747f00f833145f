#include "afterimage/recordings/windows.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

constexpr const char* notation =
    "Name all, single, five or authors, or list milliseconds: 25-125, 0-50|50-100, "
    "V1:0-133,V4:33-166";

double number(std::string_view text, const std::string& where, const std::string& right) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc() && end == text.data() + text.size() && std::isfinite(value)) return value;
  throw Error(where, concat("'", text, "' is no time in milliseconds"), right);
}

std::vector<Bin> parse_list(const std::string& text, const std::string& where) {
  std::vector<Bin> list;
  for (const auto& part : split(text, '|')) list.push_back(parse_window(part, where, notation));
  if (list.empty()) throw Error(where, "names no window", notation);
  return list;
}

std::string preset(const std::string& name) {
  if (name == "single") return "V1:0-133,V4:33-166,IT:66-199";
  if (name == "authors") return "V1:25-125,V4:50-150,IT:75-175";
  if (name != "five") return name;
  std::vector<std::string> rois;
  for (const auto& [roi, onset] : {std::pair{"V1", 0}, {"V4", 33}, {"IT", 66}}) {
    std::vector<std::string> windows;
    for (int i = 0; i < 5; ++i) {
      windows.push_back(concat(onset + 26 * i, "-", onset + 26 * i + 27));
    }
    rois.push_back(concat(roi, ":", join(windows, "|")));
  }
  return join(rois, ",");
}

}  // namespace

Bin parse_window(const std::string& text, const std::string& where, const std::string& right) {
  // The dash after the first character: a start may be negative (-100-0).
  const size_t dash = text.find('-', 1);
  if (text.empty() || dash == std::string::npos) {
    throw Error(where, concat("'", text, "' is no window"), right);
  }
  const Bin window{number(std::string_view(text).substr(0, dash), where, right),
                   number(std::string_view(text).substr(dash + 1), where, right)};
  if (window.start_ms >= window.stop_ms) {
    throw Error(where, concat("the window ", text, " ends before it starts"), right);
  }
  return window;
}

Windows Windows::parse(const std::string& text, const std::string& where) {
  Windows out;
  if (text == "all") return out;
  for (const auto& entry : split(preset(text), ',')) {
    const size_t colon = entry.find(':');
    const std::string roi = colon == std::string::npos ? "" : entry.substr(0, colon);
    const std::string list = colon == std::string::npos ? entry : entry.substr(colon + 1);
    if (!out.windows_.emplace(roi, parse_list(list, where)).second) {
      throw Error(where, roi.empty() ? "two lists for all ROIs" : "'" + roi + "' comes twice",
                  notation);
    }
    if (out.windows_.begin()->second.size() != out.windows_[roi].size()) {
      throw Error(where, "ROIs have different numbers of windows", "Give each ROI equally many");
    }
  }
  if (out.windows_.empty()) throw Error(where, "names no window", notation);
  return out;
}

const std::vector<Bin>& Windows::of(const std::string& roi, const std::string& where) const {
  if (const auto found = windows_.find(roi); found != windows_.end()) return found->second;
  if (const auto found = windows_.find(""); found != windows_.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, list] : windows_) known.push_back(name);
  throw Error(where, concat("no window for the ROI '", roi, "'"),
              concat("There are windows for ", join(known), "; list yours: ", roi, ":25-125"));
}

at::Tensor window_weights(const std::vector<Bin>& bins, const Bin& window,
                          const std::string& where) {
  at::Tensor weights = at::zeros({static_cast<int64_t>(bins.size())}, at::kFloat);
  double covered = 0;
  for (size_t b = 0; b < bins.size(); ++b) {
    const double overlap =
        std::min(bins[b].stop_ms, window.stop_ms) - std::max(bins[b].start_ms, window.start_ms);
    if (overlap <= 0) continue;
    weights[static_cast<int64_t>(b)] = overlap;
    covered += overlap;
  }
  const double length = window.stop_ms - window.start_ms;
  if (std::abs(covered - length) > 1e-6 * length) {
    throw Error(
        where,
        concat("the window ", number_text(window.start_ms), "-", number_text(window.stop_ms),
               " ms is not covered by the bins"),
        concat("They go from ", number_text(bins.front().start_ms), " to ",
               number_text(bins.back().stop_ms), " ms", covered > length ? " and overlap" : ""));
  }
  return weights / weights.sum();
}

Binning::Binning(const Windows& windows, const std::vector<Bin>& bins, const Sensors& sensors,
                 const std::string& where) {
  lay_out(windows, sensors, where);
  for (auto& group : groups_) {
    const auto& roi = sensors.roi[static_cast<size_t>(group.sensors[0])];
    std::vector<at::Tensor> columns;
    for (const Bin& window : windows.of(roi, where)) {
      columns.push_back(window_weights(bins, window, where));
    }
    group.weights = at::stack(columns, 1);  // (old bin, new bin)
  }
}

Binning::Binning(const Windows& windows, const Sensors& sensors, const std::string& where) {
  lay_out(windows, sensors, where);
}

void Binning::lay_out(const Windows& windows, const Sensors& sensors, const std::string& where) {
  const auto rois = sensors.rois();
  const auto& first = windows.of(rois.at(0), where);
  bins_ = first;
  window_ms_ = at::empty({sensors.count(), static_cast<int64_t>(first.size()), 2}, at::kDouble);
  for (const auto& roi : rois) {
    const auto& own = windows.of(roi, where);
    Group group;
    for (int64_t s = 0; s < sensors.count(); ++s) {
      if (sensors.roi[static_cast<size_t>(s)] == roi) group.sensors.push_back(s);
    }
    const at::Tensor rows = at::tensor(group.sensors, at::kLong);
    for (size_t w = 0; w < first.size(); ++w) {
      const auto [start, stop] = own[w];
      same_for_all_ = same_for_all_ && start == first[w].start_ms && stop == first[w].stop_ms;
      bins_[w].start_ms = std::min(bins_[w].start_ms, start);
      bins_[w].stop_ms = std::max(bins_[w].stop_ms, stop);
      const at::Tensor window = window_ms_.select(1, static_cast<int64_t>(w));  // (sensor, 2)
      window.select(1, 0).index_fill_(0, rows, start);
      window.select(1, 1).index_fill_(0, rows, stop);
    }
    groups_.push_back(std::move(group));
  }
}

std::vector<int64_t> Binning::bins_used() const {
  at::Tensor used = groups_[0].weights.ne(0).any(1);
  for (const auto& group : groups_) used = used.logical_or(group.weights.ne(0).any(1));
  const at::Tensor rows = used.nonzero().squeeze(1).contiguous();
  return {rows.const_data_ptr<int64_t>(), rows.const_data_ptr<int64_t>() + rows.numel()};
}

void Binning::narrow_to(const std::vector<int64_t>& old_bins) {
  const at::Tensor rows = at::tensor(old_bins, at::kLong);
  for (auto& group : groups_) group.weights = group.weights.index_select(0, rows);
}

at::Tensor Binning::apply(const at::Tensor& responses) const {
  at::Tensor out = at::empty(
      {responses.size(0), responses.size(1), static_cast<int64_t>(bins_.size())}, at::kFloat);
  for (const auto& group : groups_) {
    const at::Tensor rows = at::tensor(group.sensors, at::kLong);
    out.index_copy_(1, rows, at::matmul(responses.index_select(1, rows), group.weights));
  }
  return out;
}

}  // namespace afterimage
