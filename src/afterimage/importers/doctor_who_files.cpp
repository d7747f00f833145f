#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/mat.h"
#include "afterimage/formats/npy.h"
#include "afterimage/formats/video.h"
#include "afterimage/importers/doctor_who_parts.h"
#include "afterimage/importers/import_parts.h"

namespace afterimage::doctor_who {
namespace {

namespace fs = std::filesystem;

/// The number a file name ends in ("training_brain_signals_run12" -> 12); -1 where there is none.
int64_t last_number(const std::string& stem) {
  size_t end = stem.size();
  while (end > 0 && std::isdigit(static_cast<unsigned char>(stem[end - 1])) == 0) --end;
  size_t start = end;
  while (start > 0 && std::isdigit(static_cast<unsigned char>(stem[start - 1])) != 0) --start;
  return end == start || end - start > 9 ? -1 : std::stoll(stem.substr(start, end - start));
}

std::vector<fs::path> files_in(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw Error(folder, "no such folder");
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

fs::path film_of(const fs::path& folder, int64_t number) {
  for (const auto& file : files_in(folder)) {
    if (last_number(file.stem().string()) == number) return file;
  }
  throw Error(folder, concat("has no film of run ", number),
              "Such as run_" + std::to_string(number) + ".webm, or frames as .npy");
}

bool is_npy(const fs::path& path) { return path.extension() == ".npy"; }

int64_t frames_of(const fs::path& film, double rate) {
  if (!is_npy(film)) return VideoFile(film).count(rate);
  const NpyFile file(film);
  require_shape(file.shape(), {-1, -1, -1, 3}, film.string(), "frames", {"frame", "y", "x"});
  if (file.type() != at::kByte) throw Error(film, "holds no bytes", "Frames are uint8, 0 to 255");
  return file.shape()[0];
}

at::Tensor centres(const MatFile& file, const std::string& name, int64_t count,
                   const std::string& where) {
  const at::Tensor values = file.read(name).to(at::kDouble).flatten();
  if (values.numel() != count) {
    throw Error(where, concat("'", name, "' has ", values.numel(), " centres"),
                concat("The mask has ", count, " voxels there"));
  }
  const at::Tensor outside = (values.abs() > 0.5).nonzero();  // NaN is not
  if (outside.size(0) > 0) {
    throw Error(where,
                concat("'", name, "' holds ", number_text(values[outside[0][0]].item<double>())),
                "Centres go from -0.5 to 0.5 of the image, NaN where there is none");
  }
  return values + 0.5;
}

}  // namespace

Voxels read_voxels(const fs::path& folder) {
  const fs::path mask_path = folder / "roimask.mat";
  const MatFile masks(mask_path);
  const MatFile columns(folder / "col_centers_112px.mat"), rows(folder / "row_centers_112px.mat");
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  Voxels out;
  auto names = masks.names();
  std::sort(names.begin(), names.end());
  for (const auto& name : names) {
    if (!columns.has(name) || !rows.has(name)) continue;  // an area without receptive fields
    const at::Tensor mask = masks.read(name) != 0;
    if (out.shape.empty()) out.shape = mask.sizes().vec();
    require_shape(mask.sizes().vec(), out.shape, mask_path.string(), "'" + name + "'");
    const auto place = integers_of(mask.flatten().nonzero().flatten());  // NumPy's order
    const auto count = static_cast<int64_t>(place.size());
    const auto x = doubles_of(centres(columns, name, count, "col_centers_112px.mat"));
    const auto y = doubles_of(centres(rows, name, count, "row_centers_112px.mat"));
    const bool half = name.size() > 1 && (name.back() == 'd' || name.back() == 'v');
    for (size_t i = 0; i < place.size(); ++i) {
      const bool mapped = std::isfinite(x[i]) && std::isfinite(y[i]);
      out.sensors.name.push_back(concat(name, "-", i + 1));
      out.sensors.roi.push_back(half ? name.substr(0, name.size() - 1) : name);
      out.sensors.array.push_back(-1);
      out.sensors.x.push_back(mapped ? x[i] : unknown);
      out.sensors.y.push_back(mapped ? y[i] : unknown);
    }
    out.place.insert(out.place.end(), place.begin(), place.end());
  }
  if (out.place.empty()) {
    throw Error(mask_path, "has no ROI that col_centers_112px.mat has too",
                "Both need variables such as V1d and V1v");
  }
  out.sensors.size.assign(out.place.size(), unknown);
  out.sensors.reliability = out.sensors.size;
  return out;
}

std::vector<Run> find_runs(const fs::path& folder, const DoctorWhoOptions& options) {
  std::vector<Run> runs;
  for (const std::string split : {"train", "test"}) {
    const fs::path place = folder / (split + "ing_brain_signals");
    const fs::path films = folder / (split == "train" ? options.train_videos : options.test_videos);
    const size_t before = runs.size();
    for (const auto& file : files_in(place)) {
      const int64_t number = last_number(file.stem().string());
      if (!is_npy(file) || number < 0) continue;
      Run run{.split = split, .number = number, .responses = file, .film = film_of(films, number)};
      run.volumes = NpyFile(file).shape().at(0);
      run.frames = frames_of(run.film, 1 / options.tr);
      run.trials = std::min(run.volumes - options.delay - options.volumes + 1, run.frames);
      if (run.trials < 1) {
        throw Error(file,
                    concat("has ", run.volumes, " volumes, and its film ", run.frames, " frames"),
                    concat("A trial needs ", options.delay + options.volumes, " volumes"));
      }
      runs.push_back(std::move(run));
    }
    if (runs.size() == before) throw Error(place, "has no *_run1.npy, *_run2.npy, ...");
    std::sort(runs.begin() + static_cast<int64_t>(before), runs.end(),
              [](const Run& a, const Run& b) { return a.number < b.number; });
  }
  return runs;
}

void read_film(const Run& run, double rate, const std::function<void(const at::Tensor&)>& use) {
  if (!is_npy(run.film)) return VideoFile(run.film).read(rate, run.trials, use);
  const NpyFile file(run.film);
  for (int64_t t = 0; t < run.trials; ++t) use(file.rows(t, 1)[0].permute({2, 0, 1}).contiguous());
}

void read_responses(const Run& run, const Voxels& voxels, const DoctorWhoOptions& options,
                    const std::function<void(const at::Tensor&)>& use) {
  const NpyFile file(run.responses);
  const at::Tensor place = at::tensor(voxels.place, at::kLong);
  int64_t each = 1;
  for (const int64_t size : voxels.shape) each *= size;
  std::vector<int64_t> volume(file.shape().begin() + 1, file.shape().end());
  if (volume != voxels.shape && volume != std::vector<int64_t>{each}) {
    throw Error(run.responses, concat("holds volumes of ", shape_text(volume)),
                concat("roimask.mat is ", shape_text(voxels.shape)));
  }
  const int64_t batch = std::max<int64_t>(1, rows_per_batch(each * 8));
  const int64_t needed = run.trials + options.volumes - 1;  // volumes, from the delay on
  std::vector<at::Tensor> parts;
  for (int64_t first = 0; first < needed; first += batch) {
    const int64_t n = std::min(batch, needed - first);
    parts.push_back(
        file.rows(options.delay + first, n).flatten(1).to(at::kFloat).index_select(1, place));
  }
  use(at::cat(parts)                      // (volume, voxel)
          .unfold(0, options.volumes, 1)  // (trial, voxel, volume)
          .contiguous());
}

}  // namespace afterimage::doctor_who
