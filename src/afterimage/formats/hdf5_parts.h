#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "afterimage/formats/hdf5.h"

/// What the files of the HDF5 wrapper share; nobody else includes this.
namespace afterimage::hdf5::internal {

/// Turns the library's own printing of errors off (it is per thread).
void silence();

/// The innermost message of the library's error stack ("truncated file: eof = ...").
std::string library_message();

/// Throws "FILE: dataset 'NAME' WHAT (library's words). RIGHT".
[[noreturn]] void fail(const std::filesystem::path& file, std::string_view name,
                       std::string_view what, std::string_view right = {});

/// "numbers", "strings", "a compound (table)", ...
std::string class_text(H5T_class_t type);

/// A creation property list that keeps no time stamps, so that the same data give the same bytes.
Id without_times(hid_t property_class);
/// Creates the groups that `name` ("a/b/values") lies in, where they are missing.
void make_groups(hid_t file, const std::string& name);

/// The references to objects that a dataset holds. Errors: it holds something else, ending with
/// `right`.
std::vector<hobj_ref_t> object_references(const std::filesystem::path& file, hid_t dataset,
                                          const std::string& name, const std::string& right);

Id open_dataset(const std::filesystem::path& file, hid_t id, const std::string& name);
std::vector<int64_t> shape_of(hid_t dataset);
int64_t element_count(const std::vector<int64_t>& shape);

inline Id space(hid_t id) { return {id, H5Sclose}; }
inline Id type(hid_t id) { return {id, H5Tclose}; }
inline Id properties(hid_t id) { return {id, H5Pclose}; }

}  // namespace afterimage::hdf5::internal
