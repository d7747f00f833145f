#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "afterimage/formats/mapped_file.h"

namespace afterimage {

/// Where the bytes of each entry of a zip file begin (PKWARE's APPNOTE.TXT, with its 64-bit form),
/// which libzip does not say: what is stored uncompressed can then be used where it lies. Errors
/// name `where`: no directory at its end, entries outside the file.
std::map<std::string, uint64_t> zip_places(const MappedFile& file, const std::string& where);

}  // namespace afterimage
