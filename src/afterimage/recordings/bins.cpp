#include "afterimage/recordings/bins.h"

#include <ATen/ops/tensor.h>

#include <charconv>
#include <cmath>
#include <numeric>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/recordings/windows.h"

namespace afterimage {
namespace {

constexpr double same_ms = 1e-6;  // times nearer than this are equal

std::string text(const Bin& bin) {
  return concat(number_text(bin.start_ms), " to ", number_text(bin.stop_ms));
}

bool same(const Bin& a, const Bin& b) {
  return std::abs(a.start_ms - b.start_ms) < same_ms && std::abs(a.stop_ms - b.stop_ms) < same_ms;
}

template <typename Chosen>
std::vector<int64_t> rows_where(const std::vector<Bin>& bins, Chosen chosen) {
  std::vector<int64_t> rows;
  for (size_t b = 0; b < bins.size(); ++b) {
    if (chosen(bins[b])) rows.push_back(static_cast<int64_t>(b));
  }
  return rows;
}

std::string what_there_is(const std::vector<Bin>& bins) {
  return "The recorded bins are " + bins_text(bins);
}

/// The rows that one word names.
std::vector<int64_t> rows_of(const std::string& word, const std::vector<Bin>& bins,
                             const std::string& where) {
  int64_t number = 0;
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (code == std::errc() && end == word.data() + word.size()) {
    if (number < 1 || number > std::ssize(bins)) {
      throw Error(where, concat("there is no bin ", number), what_there_is(bins));
    }
    return {number - 1};
  }
  const Bin window = parse_window(
      word, where, "Name bins by number (2), by milliseconds from onset (0-80), or all");
  auto rows = rows_where(bins, [&](const Bin& bin) {
    return bin.start_ms >= window.start_ms - same_ms && bin.stop_ms <= window.stop_ms + same_ms;
  });
  if (rows.empty()) {
    throw Error(where, concat("no bin lies in ", text(window), " ms"), what_there_is(bins));
  }
  return rows;
}

}  // namespace

std::string bins_text(const std::vector<Bin>& bins) {
  constexpr size_t most = 12, ends = 2;
  std::vector<std::string> words;
  for (size_t b = 0; b < bins.size(); ++b) {
    const bool left_out = bins.size() > most && b >= ends && b + ends < bins.size();
    if (!left_out) words.push_back(concat(b + 1, ": ", text(bins[b])));
    if (left_out && b == ends) words.emplace_back("...");
  }
  return join(words) + " ms";
}

std::vector<int64_t> bins_after_onset(const std::vector<Bin>& bins) {
  return rows_where(bins, [](const Bin& bin) { return bin.stop_ms > 0; });
}

std::vector<int64_t> bins_before_onset(const std::vector<Bin>& bins) {
  return rows_where(bins, [](const Bin& bin) { return bin.stop_ms <= 0; });
}

std::vector<int64_t> choose_bins(const std::vector<Bin>& bins,
                                 const std::vector<std::string>& wanted, const std::string& where) {
  if (wanted.empty()) {
    auto rows = bins_after_onset(bins);
    if (rows.empty()) {
      throw Error(where, "no bin ends after stimulus onset",
                  what_there_is(bins) + "; name those to use, or all");
    }
    return rows;
  }
  std::vector<bool> chosen(bins.size(), false);
  for (const auto& word : wanted) {
    if (word == "all") {
      chosen.assign(bins.size(), true);
      continue;
    }
    for (const int64_t row : rows_of(word, bins, where)) chosen[static_cast<size_t>(row)] = true;
  }
  std::vector<int64_t> rows;
  for (size_t b = 0; b < bins.size(); ++b) {
    if (chosen[b]) rows.push_back(static_cast<int64_t>(b));
  }
  return rows;
}

std::vector<int64_t> find_bins(const std::vector<Bin>& recorded, const std::vector<Bin>& wanted,
                               const std::string& where) {
  std::vector<int64_t> rows;
  std::vector<bool> used(recorded.size(), false);  // bins of equal times: the first, the second
  for (const Bin& bin : wanted) {
    size_t row = 0;
    while (row < recorded.size() && (used[row] || !same(recorded[row], bin))) ++row;
    if (row == recorded.size()) {
      throw Error(where, concat("has no bin from ", text(bin), " ms, which the model reads"),
                  what_there_is(recorded));
    }
    used[row] = true;
    rows.push_back(static_cast<int64_t>(row));
  }
  return rows;
}

std::vector<Bin> select_bins(const std::vector<Bin>& bins, const std::vector<int64_t>& rows) {
  std::vector<Bin> selected;
  for (const int64_t row : rows) selected.push_back(bins.at(static_cast<size_t>(row)));
  return selected;
}

at::Tensor select_bins(const at::Tensor& responses, const std::vector<int64_t>& rows) {
  std::vector<int64_t> all(static_cast<size_t>(responses.size(2)));
  std::iota(all.begin(), all.end(), 0);
  if (rows.empty() || rows == all) return responses;
  return responses.index_select(2, at::tensor(rows, at::kLong));
}

}  // namespace afterimage
