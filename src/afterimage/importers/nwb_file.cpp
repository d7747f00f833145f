#include <algorithm>
#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/nwb_parts.h"

namespace afterimage::nwb {
namespace {

constexpr const char* list_mark = "_index";

}  // namespace

Table::Table(const hdf5::File& file, std::string group)
    : file_(file),
      group_(std::move(group)),
      where_(concat(file.path().string(), " '", group_, "'")) {
  if (!file.has(group_ + "/id")) throw Error(file.path(), concat("has no table '", group_, "'"));
  rows_ = file.shape(group_ + "/id").at(0);
}

std::vector<std::string> Table::columns() const {
  std::vector<std::string> names;
  for (const auto& name : file_.members(group_)) {
    if (name != "id" && !name.ends_with(list_mark)) names.push_back(name);
  }
  return names;
}

bool Table::has(const std::string& column) const { return file_.has(group_ + "/" + column); }

void Table::require(const std::string& column) const {
  if (!has(column)) {
    throw Error(where_, concat("has no column '", column, "'"), "There are: " + join(columns()));
  }
  if (has(column + list_mark)) {
    throw Error(where_, concat("column '", column, "' has a list in each row"),
                "One value for each row is expected here");
  }
  const auto shape = file_.shape(values_name(column));
  if (shape == std::vector<int64_t>{rows_}) return;
  throw Error(where_, concat("column '", column, "' is no list of ", rows_, " values"),
              "It needs one for each row");
}

bool Table::is_text(const std::string& column) const {
  require(column);
  return file_.element_type(values_name(column)).text == "strings";
}

std::vector<double> Table::numbers(const std::string& column) const {
  if (!is_text(column)) return file_.read<double>(values_name(column));
  throw Error(where_, concat("column '", column, "' holds texts"), "Numbers are expected here");
}

std::vector<std::string> Table::texts(const std::string& column) const {
  if (is_text(column)) return file_.read_strings(values_name(column));
  std::vector<std::string> out;
  for (const double value : numbers(column)) {
    out.push_back(std::isnan(value) ? "" : number_text(value));
  }
  return out;
}

std::vector<int64_t> Table::ends(const std::string& column) const {
  const auto list = file_.read<int64_t>(values_name(column) + list_mark);
  const int64_t values = file_.shape(values_name(column)).at(0);
  const bool whole = static_cast<int64_t>(list.size()) == rows_ &&
                     std::is_sorted(list.begin(), list.end()) &&
                     (list.empty() || (list.front() >= 0 && list.back() <= values));
  if (whole) return list;
  throw Error(where_, concat("'", column, list_mark, "' does not fit '", column, "'"),
              "It needs, for each row, where its values end");
}

std::vector<std::string> find(const hdf5::File& file, const std::string& group,
                              const std::function<bool(const std::string&)>& fits) {
  std::vector<std::string> found;
  if (!file.is_group(group)) return found;
  for (const auto& name : file.members(group)) {
    const std::string path = group + "/" + name;
    if (!file.is_group(path)) continue;
    if (fits(path)) {
      found.push_back(path);
    } else {
      const auto below = find(file, path, fits);
      found.insert(found.end(), below.begin(), below.end());
    }
  }
  return found;
}

std::string choose(const hdf5::File& file, const std::vector<std::string>& known,
                   const std::string& wanted, const std::string& option,
                   const std::string& things) {
  std::vector<std::string> fitting;
  for (const auto& path : known) {
    const bool last = path.ends_with("/" + wanted) || path == wanted;
    if (wanted.empty() || last) fitting.push_back(path);
  }
  if (fitting.size() == 1) return fitting[0];
  if (known.empty()) throw Error(file.path(), "has no " + things);
  if (!wanted.empty() && fitting.empty()) {
    throw Error(file.path(), concat("has no ", things, " '", wanted, "'"),
                "There are: " + join(known));
  }
  throw Error(file.path(), concat("has several ", things, ": ", join(fitting)),
              concat("Say which: ", option));
}

Clock::Clock(const hdf5::File& file, const std::string& series)
    : count_(file.shape(series + "/data").at(0)) {
  const std::string times = series + "/timestamps", start = series + "/starting_time";
  if (file.has(times)) {
    times_ = file.read<double>(times);
    const bool sorted =
        std::is_sorted(times_.begin(), times_.end()) &&
        std::all_of(times_.begin(), times_.end(), [](double time) { return std::isfinite(time); });
    if (!sorted || static_cast<int64_t>(times_.size()) != count_ || count_ < 2) {
      throw Error(file.path(), concat("'", times, "' are no times of ", count_, " samples"),
                  "It needs one for each, in order, and at least two");
    }
    start_ = times_.front();
    rate_ = static_cast<double>(count_ - 1) / std::max(times_.back() - start_, edge);
    return;
  }
  if (!file.has(start)) {
    throw Error(file.path(), concat("'", series, "' has neither timestamps nor starting_time"),
                "Without times samples cannot be laid to trials");
  }
  start_ = file.read<double>(start).at(0);
  rate_ = file.number_attribute(start, "rate");
  if (!(rate_ > 0)) {
    throw Error(file.path(), concat("'", start, "' has the rate ", number_text(rate_)),
                "It must be the number of samples a second");
  }
}

int64_t Clock::first_at(double time) const {
  if (!times_.empty()) {
    return std::lower_bound(times_.begin(), times_.end(), time - edge) - times_.begin();
  }
  return std::clamp<int64_t>(std::llround(std::ceil((time - edge - start_) * rate_)), 0, count_);
}

bool Clock::covers(double start, double stop) const {
  const double last =
      times_.empty() ? start_ + static_cast<double>(count_) / rate_ : times_.back() + 1 / rate_;
  return start >= start_ - edge && stop <= last + edge && first_at(start) < first_at(stop);
}

}  // namespace afterimage::nwb
