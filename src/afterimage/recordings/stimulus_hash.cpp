#include "afterimage/recordings/stimulus_hash.h"

#include <set>
#include <string_view>
#include <unordered_map>

#include "afterimage/base/batches.h"
#include "afterimage/base/provenance.h"

namespace afterimage {

std::vector<std::string> stimulus_hashes(const Recording& recording,
                                         const std::vector<int64_t>& stimuli,
                                         const RunContext& run) {
  const std::set<int64_t> distinct(stimuli.begin(), stimuli.end());
  const std::vector<int64_t> rows(distinct.begin(), distinct.end());
  const RecordingInfo& info = recording.info();
  const int64_t bytes = info.height * info.width * 3;
  std::unordered_map<int64_t, std::string> hash_of;
  for_batches(rows, rows_per_batch(bytes), [&](int64_t, const std::vector<int64_t>& part) {
    run.stop_if_cancelled("stopped while stimuli were compared");
    const at::Tensor images = recording.images(part).permute({0, 2, 3, 1}).contiguous();  // n y x c
    const auto* pixels = reinterpret_cast<const char*>(images.const_data_ptr<uint8_t>());
    for (size_t i = 0; i < part.size(); ++i) {
      const auto size = static_cast<size_t>(bytes);
      hash_of[part[i]] = sha256(std::string_view(pixels + i * size, size));
    }
  });
  std::vector<std::string> hashes;
  hashes.reserve(stimuli.size());
  for (const int64_t stimulus : stimuli) hashes.push_back(hash_of.at(stimulus));
  return hashes;
}

namespace {

template <typename Label>
std::vector<int64_t> numbered(const std::vector<Label>& labels) {
  std::unordered_map<Label, int64_t> number_of;
  std::vector<int64_t> numbers;
  numbers.reserve(labels.size());
  for (const auto& label : labels) {
    numbers.push_back(number_of.try_emplace(label, std::ssize(number_of)).first->second);
  }
  return numbers;
}

}  // namespace

std::vector<int64_t> numbered_by_first(const std::vector<std::string>& labels) {
  return numbered(labels);
}

std::vector<int64_t> numbered_by_first(const std::vector<int64_t>& labels) {
  return numbered(labels);
}

}  // namespace afterimage
