#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "afterimage/importers/bids.h"

/// What the files of the BIDS importer share; nobody else includes this.
namespace afterimage::bids {

/// A file of a BIDS folder and what its name says:
/// "sub-01_ses-2_task-scenes_run-1_desc-betas_statmap.nii.gz".
struct Named {
  std::filesystem::path path;
  std::map<std::string, std::string> entities = {};  ///< "sub": "01", "run": "1", "desc": "betas"
  std::string suffix = {};                           ///< "statmap"

  explicit Named(std::filesystem::path file);
  /// The entity's value, "" where the name has none.
  std::string of(const std::string& entity) const;
  /// Whether the name has this word: as "desc-betas", as the value of an entity, or as suffix.
  bool has(const std::string& word) const;
  /// Whether both have the same of these entities, as far as both have them.
  bool agrees(const Named& other, const std::vector<std::string>& wanted) const;
};

/// Where to look: the folder named, the data set it derives from, its stimuli.
struct Places {
  std::filesystem::path folder, raw, stimuli;
};
Places find_places(const std::filesystem::path& folder, const BidsOptions& options);

/// The betas of one subject by session, task and run. Errors: none, of several subjects, two files
/// of one run.
std::vector<Named> find_betas(const std::filesystem::path& folder, const BidsOptions& options);
/// The mask asked for, or the one of this subject and space. Errors: none, several.
std::filesystem::path find_mask(const Places& places, const Named& betas,
                                const BidsOptions& options);

/// The events.tsv files of each file of betas: that of its run, or of all runs of its session where
/// it names none, in order.
std::vector<std::vector<std::filesystem::path>> find_events(const Places& places,
                                                            const std::vector<Named>& betas,
                                                            const BidsOptions& options);

}  // namespace afterimage::bids
