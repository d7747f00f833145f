#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "afterimage/formats/hdf5.h"
#include "afterimage/importers/tvsd.h"
#include "afterimage/recordings/recording.h"

/// What the files of the TVSD importer share; nobody else includes this.
namespace afterimage::tvsd {

inline constexpr int64_t channels = 1024, channels_per_array = 64;
inline constexpr double display_pixels = 500;  ///< width of the images on the screen
inline constexpr double shift_pixels = 100;    ///< of their middle, right of and below fixation

/// The files of one monkey; "" where there is none.
struct Files {
  std::filesystem::path normalised, trials, images, mapping, fields;
  std::string monkey;  ///< "N" or "F"
};
/// Looks in the folders given (and their _logs and parent), and among the files given.
Files find_files(const std::vector<std::filesystem::path>& paths, const TvsdOptions& options);

/// All electrodes in physical order, with what is known of them.
Sensors read_sensors(const Files& files, const TvsdOptions& options, ImportReport& report);

/// The images of both sets, training first, as files that exist.
struct Stimuli {
  std::vector<std::string> name, category;
  std::vector<std::filesystem::path> file;
  std::vector<int64_t> train, test;  ///< row of each picture (in the order of the set); -1: missing
};
Stimuli read_stimuli(const Files& files, const TvsdOptions& options, ImportReport& report);

/// The trials of the trial file in its order: those kept, and which trial of the file each is.
struct TrialTable {
  Trials trials;
  std::vector<int64_t> row;
};
TrialTable read_trials(const hdf5::File& file, const Stimuli& stimuli, ImportReport& report);

}  // namespace afterimage::tvsd
