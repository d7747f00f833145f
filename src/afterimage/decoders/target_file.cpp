#include "afterimage/decoders/target_file.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "afterimage/base/batches.h"
#include "afterimage/base/content_hash.h"
#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5_heading.h"
#include "afterimage/formats/safetensors.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const hdf5::Heading heading = {"afterimage-features", 1, "file of features",
                               "Make one with 'afterimage features'"};

std::string dataset(const std::string& layer) { return "/features/" + layer; }

std::vector<std::string> captions_of(const TargetJob& job, int64_t row) {
  if (!job.network.needs_captions()) return {};
  const auto at = static_cast<size_t>(row);
  std::vector<std::string> names = {job.stimuli.name[at]};
  const auto& source = job.stimuli.source[at];
  if (!source.empty() && source != names.front()) names.push_back(source);
  return job.captions.of(names);
}

std::string sides_text(const std::vector<int64_t>& shape) {
  std::vector<std::string> sides;
  for (const auto side : shape) sides.push_back(std::to_string(side));
  return join(sides, ",");
}

std::string key_of(const at::Tensor& pixels, const std::vector<std::string>& captions) {
  const auto bytes = pixels.contiguous();
  std::string text(static_cast<size_t>(bytes.numel()), '\0');
  std::memcpy(text.data(), bytes.const_data_ptr<uint8_t>(), text.size());
  for (const auto& caption : captions) text += "\n" + caption;
  return sha256(text);
}

/// What has been computed so far, a file for each batch, each written whole.
class Parts {
 public:
  Parts(fs::path folder, const std::string& network) : folder_(std::move(folder)) {
    make_folder(folder_);
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().extension() != ".safetensors") continue;
      TextMap about;
      auto tensors = map_safetensors(entry.path(), &about);
      if (about["network"] != network) continue;
      add(std::move(tensors), split(about["keys"], ','));
    }
  }

  bool has(const std::string& key) const { return place_.contains(key); }
  void keep(const TensorMap& tensors, const std::vector<std::string>& keys,
            const std::string& network) {
    const fs::path path = folder_ / (keys.front() + ".safetensors");
    Output output(path, /*force=*/true);
    write_safetensors(output.path(), tensors, {{"network", network}, {"keys", join(keys, ",")}});
    output.commit();
    add(map_safetensors(path), keys);
  }
  at::Tensor row(const std::string& layer, const std::string& key) const {
    const auto [part, row] = place_.at(key);
    return parts_[part].at(layer)[row];
  }
  std::vector<int64_t> unit_shape(const std::string& layer) const {
    return parts_.front().at(layer).sizes().slice(1).vec();
  }
  void remove() {
    parts_.clear();
    fs::remove_all(folder_);
  }

 private:
  void add(TensorMap tensors, const std::vector<std::string>& keys) {
    for (size_t row = 0; row < keys.size(); ++row) {
      place_[keys[row]] = {parts_.size(), static_cast<int64_t>(row)};
    }
    parts_.push_back(std::move(tensors));
  }

  fs::path folder_;
  std::vector<TensorMap> parts_;
  std::unordered_map<std::string, std::pair<size_t, int64_t>> place_;
};

/// Targets of the same network that files have, by key.
class KnownTargets {
 public:
  KnownTargets(const std::vector<fs::path>& paths, const std::string& network) {
    for (const auto& path : paths) {
      auto file = std::make_unique<TargetFile>(path);
      if (file->network() != network) continue;
      for (int64_t row = 0; row < file->count(); ++row) {
        place_.try_emplace(file->keys()[static_cast<size_t>(row)], files_.size(), row);
      }
      files_.push_back(std::move(file));
    }
  }

  bool has(const std::string& key) const { return place_.contains(key); }
  TensorMap rows(const std::vector<std::string>& layers,
                 const std::vector<std::string>& keys) const {
    TensorMap result;
    for (const auto& layer : layers) {
      std::vector<at::Tensor> values;
      for (const auto& key : keys) {
        const auto [file, row] = place_.at(key);
        values.push_back(files_[file]->read(layer, {row})[0].view(files_[file]->unit_shape(layer)));
      }
      result[layer] = at::stack(values);
    }
    return result;
  }

 private:
  std::vector<std::unique_ptr<TargetFile>> files_;
  std::unordered_map<std::string, std::pair<size_t, int64_t>> place_;
};

TensorMap computed(const TargetNetwork& network, const TargetInput& input) {
  TensorMap result;
  const auto values = network.of(input);
  for (size_t i = 0; i < network.layers().size(); ++i) {
    auto shape = network.unit_shape(i);
    shape.insert(shape.begin(), values[i].size(0));
    result[network.layers()[i]] = values[i].view(shape);
  }
  return result;
}

void assemble(const fs::path& out, bool force, const TargetJob& job, const Parts& parts,
              const std::vector<std::string>& keys, const nlohmann::json& provenance) {
  Output output(out, force);
  {
    auto file = hdf5::File::create(output.path());
    hdf5::write_heading(file, heading);
    file.set_attribute("/", "network", job.network.identity());
    file.set_attribute("/", "provenance", provenance.dump());
    file.write_strings("/stimulus_name", job.stimuli.name);
    file.write_strings("/stimulus_key", keys);
    for (const auto& layer : job.network.layers()) {
      const auto shape = parts.unit_shape(layer);
      const int64_t units = c10::multiply_integers(shape);
      file.reserve<float>(dataset(layer), {std::ssize(keys), units}, {});
      file.set_attribute(dataset(layer), "unit_shape", sides_text(shape));
      for (size_t row = 0; row < keys.size(); ++row) {
        const auto values = parts.row(layer, keys[row]).contiguous();
        file.write_rows(dataset(layer), static_cast<int64_t>(row), 1,
                        values.const_data_ptr<float>());
      }
    }
    hdf5::write_complete(file);
  }
  output.commit();
}

}  // namespace

TargetFile::TargetFile(const fs::path& path) : file_(hdf5::File::open(path)) {
  hdf5::check_heading(file_, heading);
  network_ = file_.text_attribute("/", "network");
  keys_ = file_.read_strings("/stimulus_key");
  names_ = file_.read_strings("/stimulus_name");
  provenance_ = nlohmann::json::parse(file_.text_attribute("/", "provenance"), nullptr,
                                      /*allow_exceptions=*/false);
  for (const auto& layer : layers()) file_.require_shape(dataset(layer), {count(), -1});
}

std::vector<std::string> TargetFile::layers() const { return file_.members("/features"); }

int64_t TargetFile::units(const std::string& layer) const {
  return file_.shape(dataset(layer)).at(1);
}

std::vector<int64_t> TargetFile::unit_shape(const std::string& layer) const {
  std::vector<int64_t> shape;
  for (const auto& text : split(file_.text_attribute(dataset(layer), "unit_shape"), ',')) {
    shape.push_back(std::stoll(text));
  }
  return shape;
}

at::Tensor TargetFile::read(const std::string& layer, const std::vector<int64_t>& rows,
                            int64_t first, int64_t last) const {
  const int64_t all = units(layer);
  // Few columns of many rows are read in one block, of which the rows are picked.
  if (last - first < all && count() * (last - first) * 4 <= batch_bytes) {
    const auto block = at::empty({count(), last - first}, at::kFloat);
    file_.read_block(dataset(layer), {0, first}, {count(), last - first},
                     block.mutable_data_ptr<float>());
    return block.index_select(0, at::tensor(rows, at::kLong));
  }
  const auto result = at::empty({std::ssize(rows), last - first}, at::kFloat);
  for_batches(rows, rows_per_batch(4 * all), [&](int64_t start, const auto& some) {
    const at::Tensor whole = at::empty({std::ssize(some), all}, at::kFloat);
    file_.read_rows(dataset(layer), some, whole.mutable_data_ptr<float>());
    result.narrow(0, start, std::ssize(some)).copy_(whole.slice(1, first, last));
  });
  return result;
}

void write_targets(const fs::path& out, bool force, const TargetJob& job,
                   const nlohmann::json& provenance, const RunContext& run) {
  const auto& stimuli = job.stimuli;
  const int64_t count = std::ssize(stimuli.name);
  const std::string network = job.network.identity();
  auto known = std::make_optional<KnownTargets>(job.known, network);
  Parts parts(fs::path(out) += ".partial", network);
  std::vector<std::string> keys;
  Progress progress(run, "Features", count, "image");
  constexpr int64_t images_at_once = 8;
  for_batches(all_rows(count), images_at_once, [&](int64_t, const auto& rows) {
    run.stop_if_cancelled(concat("stopped; ", out.string(), ".partial goes on from here"));
    const auto pixels = stimuli.images(rows);
    TargetInput input;
    std::vector<at::Tensor> fresh;
    std::vector<std::string> copied;
    for (int64_t i = 0; i < std::ssize(rows); ++i) {
      const auto captions = captions_of(job, rows[static_cast<size_t>(i)]);
      keys.push_back(key_of(pixels[i], captions));
      if (parts.has(keys.back()) ||
          std::ranges::find(input.keys, keys.back()) != input.keys.end() ||
          std::ranges::find(copied, keys.back()) != copied.end()) {
        continue;
      }
      if (known->has(keys.back())) {
        copied.push_back(keys.back());
        continue;
      }
      fresh.push_back(pixels[i]);
      input.keys.push_back(keys.back());
      input.captions.push_back(captions);
    }
    if (!copied.empty()) parts.keep(known->rows(job.network.layers(), copied), copied, network);
    if (!fresh.empty()) {
      input.images = at::stack(fresh).to(at::kFloat).div_(255);
      parts.keep(computed(job.network, input), input.keys, network);
    }
    progress.advance(std::ssize(rows));
  });
  known.reset();  // one of the files may be replaced
  assemble(out, force, job, parts, keys, provenance);
  parts.remove();
}

}  // namespace afterimage
