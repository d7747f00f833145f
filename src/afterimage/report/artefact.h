#pragma once

#include <filesystem>

namespace afterimage {

/// The kinds of file Afterimage makes.
enum class Artefact { recording, model, reconstruction, scores, analysis };

/// Which kind a file or folder is, by its content. Errors: missing, or none of ours.
Artefact artefact_kind(const std::filesystem::path& path);

}  // namespace afterimage
