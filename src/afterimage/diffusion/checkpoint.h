#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "afterimage/diffusion/autoencoder.h"
#include "afterimage/diffusion/checkpoint_names.h"
#include "afterimage/diffusion/conditional_unet.h"
#include "afterimage/diffusion/ddim.h"
#include "afterimage/diffusion/small_decoder.h"
#include "afterimage/diffusion/text_encoder.h"

namespace afterimage::diffusion {

/// How weights are held: as the file has them, which costs no memory until they are used and lets
/// the system drop them again; or converted, in memory of our own.
enum class Storage { as_stored, fp32, bf16, fp16 };

/// Where one part of a checkpoint lies.
struct PartFiles {
  std::filesystem::path weights;  ///< a file, or the index of shards
  std::filesystem::path config;   ///< empty: sizes of Stable Diffusion 1.x
  Layout layout = Layout::diffusers;
};

/// Weights of Stable Diffusion 1.x, or of parts of it, as they are distributed:
/// - a folder of diffusers (`model_index.json`, `unet/`, `vae/`, `text_encoder/`, `tokenizer/`,
///   `scheduler/`), or the folder of one part (`config.json`), in single files or shards,
///   safetensors or .bin, in any precision;
/// - one file of CompVis' code (.ckpt or .safetensors), which has no tokenizer;
/// - TAESD's file of the small decoder.
/// Files are mapped, not read, and nothing in them is executed. Errors: no checkpoint, another
/// family (Stable Diffusion 2, XL, 3), and for each part: no weights, a tensor that is missing or
/// has another shape, a truncated file.
class Checkpoint {
 public:
  explicit Checkpoint(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  /// "folder of diffusers", "file of CompVis' code", ...
  const std::string& form() const { return form_; }
  const std::map<Part, PartFiles>& parts() const { return parts_; }
  bool has(Part part) const { return parts_.contains(part); }
  /// The folder with the vocabulary; empty when there is none.
  std::filesystem::path tokenizer() const;
  /// The steps the checkpoint was made for; Stable Diffusion's where it does not say.
  DdimOptions scheduler() const;

  /// Each Error: the checkpoint does not have this part.
  std::shared_ptr<TextEncoder> text_encoder(Storage storage = Storage::as_stored) const;
  std::shared_ptr<ConditionalUNet> unet(Storage storage = Storage::as_stored) const;
  std::shared_ptr<Autoencoder> autoencoder(Storage storage = Storage::as_stored) const;
  std::shared_ptr<SmallDecoder> small_decoder(Storage storage = Storage::as_stored) const;

 private:
  void open_folder();
  void open_part(const std::filesystem::path& folder);
  void open_file();
  const PartFiles& files_of(Part part) const;

  std::filesystem::path path_;
  std::string form_;
  std::map<Part, PartFiles> parts_;
};

/// Whether a path looks like a checkpoint, without opening it further.
bool looks_like_checkpoint(const std::filesystem::path& path);

/// What a checkpoint is, for people: pairs of a word and a line. Every part is opened and checked.
std::vector<std::pair<std::string, std::string>> describe(const Checkpoint& checkpoint);

}  // namespace afterimage::diffusion
