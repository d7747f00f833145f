#include "afterimage/encoding/encoder.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/json_file.h"
#include "afterimage/base/output.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/recordings/sensors_json.h"

namespace afterimage {
namespace {

using nlohmann::json;

constexpr int encoder_version = 1;

/// Takes options back as `to_json` wrote them.
void set_options(Options options, const json& saved) {
  for (auto& option : options) {
    if (!saved.contains(option.name)) continue;
    std::visit(
        [&](auto* target) {
          *target = saved.at(option.name).get<std::remove_reference_t<decltype(*target)>>();
        },
        option.target);
  }
}

}  // namespace

at::Tensor Encoder::predict(const at::Tensor& images) const {
  const at::NoGradGuard no_grad;
  const auto statistics = normalisation.to_tensors();
  const auto scale = statistics.at("scale")[0];  // one over the deviation; 0 for silent sensors
  return model->predict(images) * scale.reciprocal().masked_fill_(scale == 0, 0) +
         statistics.at("mean")[0];
}

void Encoder::check_fits(const Recording& recording, const std::vector<int64_t>& stimuli,
                         const std::string& where) const {
  if (!made_of(provenance, {content_hash(recording.path())})) {
    throw Error(where, "was fitted to another recording than " + recording.path().string(),
                "Fit one to it with 'afterimage encode'");
  }
  const auto& info = recording.info();
  const auto split = provenance.value("options", json::object()).value("split", "train");
  std::set<int64_t> learned;
  for (const auto trial : info.trials_of(split, recording.path().string())) {
    learned.insert(info.trials.stimulus[static_cast<size_t>(trial)]);
  }
  const auto seen =
      std::ranges::count_if(stimuli, [&](int64_t stimulus) { return learned.contains(stimulus); });
  if (seen == 0) return;
  throw Error(
      where,
      concat("was fitted to ", seen, " of the ", stimuli.size(), " images (split '", split, "')"),
      "Fit it to a split that shares no images with those reconstructed");
}

void Encoder::save(const std::filesystem::path& folder) const {
  EncodingOptions chosen = options;
  const json card = {{"format", "afterimage-encoder"},
                     {"version", encoder_version},
                     {"options", to_json(chosen.options())},
                     {"image_size", image_size},
                     {"bins", to_json(bins)},
                     {"sensors", to_json(sensors)},
                     {"provenance", provenance}};
  write_safetensors(folder / "weights.safetensors", model->state());
  write_safetensors(folder / "normalisation.safetensors", normalisation.to_tensors());
  write_text(folder / "encoder.json", card.dump(1), /*force=*/true);
}

Encoder Encoder::load(const std::filesystem::path& folder, const RunContext& run) {
  const auto where = folder / "encoder.json";
  if (!std::filesystem::exists(where)) {
    throw Error(folder, "is no encoder: encoder.json is missing",
                "Name the folder 'encode --out' made");
  }
  const json card = read_json(where);
  Encoder out;
  try {
    if (card.at("format") != "afterimage-encoder") {
      throw Error(where, "is not the card of an encoder");
    }
    if (card.at("version").get<int>() > encoder_version) {
      throw Error(where, "was written by a newer version of Afterimage", "Update Afterimage");
    }
    set_options(out.options.options(), card.at("options"));
    check_options(out.options.options(), where.string());
    out.image_size = card.at("image_size");
    if (out.image_size < 8 || out.image_size > 1024) {
      throw Error(where, concat("has images of ", out.image_size, " pixels"),
                  "The file was changed or is damaged");
    }
    out.bins = bins_from_json(card.at("bins"));
    out.sensors = sensors_from_json(card.at("sensors"));
    out.provenance = card.at("provenance");
  } catch (const json::exception&) {
    throw Error(where, "is not the card of an encoder", "The file was changed or is damaged");
  } catch (const std::out_of_range&) {
    throw Error(where, "is not the card of an encoder", "The file was changed or is damaged");
  }
  const auto statistics = folder / "normalisation.safetensors";
  out.normalisation =
      Normalisation::from_tensors(read_safetensors(statistics), statistics.string());
  out.model = std::make_unique<EncodingModel>(out.options, out.sensors, run);
  const auto weights = folder / "weights.safetensors";
  out.model->load(read_safetensors(weights), weights.string());
  try {  // parts of two encoders may each be whole
    const auto size = out.image_size;
    const auto made = out.predict(at::zeros({1, 3, size, size}));
    if (made.size(1) == out.sensors.count() && made.size(2) == std::ssize(out.bins)) return out;
  } catch (const c10::Error&) {
  }
  throw Error(folder, "its files do not belong together", "Use the folder 'encode' wrote as it is");
}

}  // namespace afterimage
