#include "afterimage/decoders/control_cache.h"

#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/provenance.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// To be raised when a control learns otherwise from the same samples.
constexpr int control_version = 1;

/// Empty where it is not known what the samples are.
std::string key_of(Decoder& control, const std::string& name, const SampleSource& train,
                   const RunContext& run) {
  const std::string samples = train.fingerprint();
  if (samples.empty()) return {};
  const nlohmann::json all = {{"control", name},
                              {"options", to_json(control.options())},
                              {"samples", samples},
                              {"seed", run.seed()},
                              {"device", run.device().str()},
                              {"version", version()},
                              {"control_version", control_version}};
  return sha256(all.dump());
}

}  // namespace

void ControlCache::fit(Decoder& control, const std::string& name, const SampleSource& train,
                       const RunContext& run) const {
  const std::string key = folder_.empty() ? "" : key_of(control, name, train, run);
  if (!key.empty() && load(control, name, key)) return;
  control.fit(train, {run, {}, false, {}});
  if (!key.empty()) save(control, name, key);
}

bool ControlCache::load(Decoder& control, const std::string& name, const std::string& key) const {
  const fs::path path = folder_ / (name + ".safetensors");
  try {
    if (!fs::exists(path)) return false;
    TextMap metadata;
    TensorMap state = map_safetensors(path, &metadata);
    if (metadata["key"] != key) return false;
    for (auto& [tensor, values] : state) values = values.clone();  // others may use the folder
    control.load(state, path.string());
    return true;
  } catch (const std::exception&) {  // damaged, of another shape, not to be read
    return false;
  }
}

void ControlCache::save(const Decoder& control, const std::string& name,
                        const std::string& key) const {
  try {
    fs::create_directories(folder_);
    Output output(folder_ / (name + ".safetensors"), /*force=*/true);
    write_safetensors(output.path(), control.state(), {{"key", key}});
    output.commit();
  } catch (const std::exception&) {  // a folder that is read only, a full disk: fitted next time
  }
}

}  // namespace afterimage
