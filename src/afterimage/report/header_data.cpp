#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/recordings/recording_notes.h"
#include "afterimage/report/page_data.h"

namespace afterimage {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

std::string counted(int64_t count, const std::string& noun) {
  return concat(count, " ", noun, count == 1 ? "" : "s");
}

std::string roi_text(const Sensors& sensors) {
  std::vector<std::string> parts;
  for (const auto& roi : sensors.rois()) {
    const auto count = std::count(sensors.roi.begin(), sensors.roi.end(), roi);
    parts.push_back(concat(roi.empty() ? "no ROI" : roi, " ", count));
  }
  return join(parts);
}

std::string trials_text(const Trials& trials) {
  std::map<std::string, int64_t> counts;
  for (const auto& split : trials.split) ++counts[split.empty() ? "unused" : split];
  std::vector<std::string> parts;
  for (const auto& [split, count] : counts) parts.push_back(concat(count, " ", split));
  return join(parts);
}

std::string averaged_text(const std::vector<int64_t>& averaged) {
  if (averaged.empty()) return {};
  const auto [low, high] = std::minmax_element(averaged.begin(), averaged.end());
  if (*high <= 1) return "single trials";
  if (*low == *high) return concat("mean of ", *low, " trials");
  return concat("mean of ", *low, " to ", *high, " trials");
}

/// How the fields were found, and of how many sensors: "prf: V1 60 of 64 mapped, median R² 0.41".
std::string fields_text(const nlohmann::json& provenance) {
  if (!provenance.is_object() || !provenance.contains("receptive_fields")) return {};
  const auto& fields = provenance["receptive_fields"];
  if (!fields.is_object()) return {};  // another program's word
  std::vector<std::string> parts;
  for (const auto& roi : fields.value("rois", nlohmann::json::array())) {
    const std::string name = roi.value("name", "");
    std::string text = concat(name.empty() ? "no ROI" : name, " ", roi.value("mapped", int64_t{0}),
                              " of ", roi.value("sensors", int64_t{0}), " mapped");
    if (roi.contains("median_r2") && roi["median_r2"].is_number()) {
      const double r2 = roi["median_r2"].get<double>();
      text += ", median R² " + number_text(std::round(r2 * 100) / 100);
    }
    parts.push_back(text);
  }
  return concat(fields.value("method", "?"), ": ", join(parts, "; "));
}

void add_recording(const Recording& recording, Facts& facts) {
  const RecordingInfo& info = recording.info();
  facts.emplace_back("Recording", recording.path().filename().string());
  facts.emplace_back("Sensors", concat(info.sensors.count(), ": ", roi_text(info.sensors)));
  if (!info.bins.empty()) {
    facts.emplace_back("Response", concat(counted(recording.bins(), "bin"), ", ",
                                          number_text(info.bins.front().start_ms), " to ",
                                          number_text(info.bins.back().stop_ms), " ms"));
  }
  facts.emplace_back("Trials", trials_text(info.trials));
  for (const auto& note : recording_notes(recording)) facts.emplace_back("Note", note);
  if (const auto text = fields_text(info.provenance); !text.empty()) {
    facts.emplace_back("Receptive fields", text);
  }
  if (info.degrees_per_stimulus > 0) {
    facts.emplace_back("Stimulus width",
                       number_text(std::round(info.degrees_per_stimulus * 100) / 100) + "°");
  }
}

std::vector<std::string> decoder_names(const ReportInput& input) {
  std::vector<std::string> names;
  for (const auto& reconstruction : input.reconstructions) names.push_back(reconstruction.name);
  return names;
}

/// "a, b and c".
std::string listed(const std::vector<std::string>& words) {
  if (words.size() < 2) return join(words);
  return join({words.begin(), words.end() - 1}) + " and " + words.back();
}

/// "12 images", "60 trials of 2 images".
std::string images_text(const Reconstruction& reconstruction) {
  const auto& rows = reconstruction.stimulus;
  const std::set<int64_t> different(rows.begin(), rows.end());
  const std::string images = counted(std::ssize(different), "image");
  return different.size() == rows.size()
             ? images
             : concat(counted(std::ssize(rows), "trial"), " of ", images);
}

std::string lead_text(const ReportInput& input) {
  if (input.reconstructions.empty()) return {};
  const auto& first = input.reconstructions.front();
  std::string text = concat("All ", images_text(first), " of the ‘", first.split,
                            "’ split, reconstructed by ", listed(decoder_names(input)));
  if (input.recording) {
    text += concat(" from ", counted(input.recording->sensors(), "sensor"));
  }
  return text + ". None is selected or left out.";
}

}  // namespace

nlohmann::json header_data(const ReportInput& input) {
  Facts facts;
  if (input.recording) add_recording(*input.recording, facts);
  if (!input.reconstructions.empty()) {
    const auto& first = input.reconstructions.front();
    const std::string averaged = averaged_text(first.trials_averaged);
    facts.emplace_back("Images", concat(first.images.size(0), " (", first.split, "), ",
                                        first.images.size(3), " × ", first.images.size(2), " px",
                                        averaged.empty() ? "" : ", ", averaged));
  }
  std::vector<std::string> looked;  // at test data, in the making of anything shown here
  for (const auto& provenance : input.provenance) {
    for (const auto& text : transductive(provenance)) {
      if (std::find(looked.begin(), looked.end(), text) == looked.end()) looked.push_back(text);
    }
  }
  if (!looked.empty()) facts.emplace_back("Looked at test data", join(looked, "; "));
  return {{"lead", lead_text(input)}, {"facts", facts}, {"notes", input.notes}};
}

}  // namespace afterimage
