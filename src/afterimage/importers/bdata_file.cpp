#include "afterimage/importers/bdata_file.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/importers/bdata_selection.h"

namespace afterimage {

BDataFile::BDataFile(const std::filesystem::path& path)
    : file_(hdf5::File::open(path)), where_(path.string()) {
  const bool old = file_.has("dataSet");
  dataset_ = old ? "dataSet" : "dataset";
  metadata_ = old ? "metaData" : "metadata";
  if (!file_.has(dataset_) || !file_.has(metadata_ + "/key") || !file_.has(metadata_ + "/value")) {
    throw Error(path, "is no BData file: it needs dataset, metadata/key and metadata/value",
                "Save it with bdpy's BData.save");
  }
  file_.require_shape(dataset_, {-1, -1}, {"sample", "column"});
  samples_ = file_.shape(dataset_)[0];
  columns_ = file_.shape(dataset_)[1];
  keys_ = file_.read_strings(metadata_ + "/key");
  file_.require_shape(metadata_ + "/value", {static_cast<int64_t>(keys_.size()), columns_},
                      {"key", "column"});
}

bool BDataFile::has(const std::string& key) const {
  return std::find(keys_.begin(), keys_.end(), key) != keys_.end();
}

std::vector<int64_t> BDataFile::columns(const std::string& selection) const {
  const auto values = [this](size_t key) {
    std::vector<double> row(static_cast<size_t>(columns_));
    file_.read_rows<double>(metadata_ + "/value", {static_cast<int64_t>(key)}, row.data());
    return row;
  };
  const auto chosen = select_columns(selection, keys_, values, where_);
  std::vector<int64_t> columns;
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (chosen[i]) columns.push_back(static_cast<int64_t>(i));
  }
  if (columns.empty()) throw Error(where_, "'" + selection + "' selects no column");
  return columns;
}

std::vector<double> BDataFile::metadata(const std::string& key,
                                        const std::vector<int64_t>& columns) const {
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  if (found == keys_.end()) throw Error(where_, "has no key '" + key + "'", suggestion(key, keys_));
  std::vector<double> row(static_cast<size_t>(columns_)), values;
  file_.read_rows<double>(metadata_ + "/value", {found - keys_.begin()}, row.data());
  for (const int64_t column : columns) values.push_back(row[static_cast<size_t>(column)]);
  return values;
}

std::vector<int64_t> BDataFile::numbers(const std::string& key) const {
  if (!has(key)) throw Error(where_, "has no key '" + key + "'", suggestion(key, keys_));
  const auto marked = columns(key + " = 1");
  if (marked.size() != 1) {
    throw Error(where_, concat("'", key, "' marks ", marked.size(), " columns"),
                "One column of numbers is expected");
  }
  std::vector<int64_t> out;
  std::vector<double> values(static_cast<size_t>(samples_));
  file_.read_block<double>(dataset_, {0, marked[0]}, {samples_, 1}, values.data());
  for (size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    if (value != std::round(value)) {
      throw Error(where_, concat("'", key, "' of sample ", i, " is ", number_text(value)),
                  "Whole numbers are expected");
    }
    out.push_back(static_cast<int64_t>(value));
  }
  return out;
}

std::map<int64_t, std::string> BDataFile::labels(const std::string& key) const {
  std::map<int64_t, std::string> labels;
  const std::string group = "vmap/" + key;
  if (!file_.has(group)) return labels;
  for (const auto& name : file_.members(group)) {
    double number = 0;
    const char* end = name.data() + name.size();
    const auto [stop, code] = std::from_chars(name.data(), end, number);
    const auto texts = file_.read_strings(group + "/" + name);
    if (code != std::errc{} || stop != end || texts.size() != 1) {
      throw Error(where_, "'" + group + "/" + name + "' is no label of a number");
    }
    labels[std::llround(number)] = texts[0];
  }
  return labels;
}

int64_t BDataFile::batch() const { return rows_per_batch(columns_ * 2 * 4); }

at::Tensor BDataFile::rows(int64_t first, int64_t count,
                           const std::vector<int64_t>& columns) const {
  std::vector<int64_t> samples(static_cast<size_t>(count));
  std::iota(samples.begin(), samples.end(), first);
  at::Tensor all = at::empty({count, columns_}, at::kFloat);
  file_.read_rows<float>(dataset_, samples, all.mutable_data_ptr<float>());
  return all.index_select(1, at::tensor(columns, at::kLong));
}

}  // namespace afterimage
