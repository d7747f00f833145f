#include "afterimage/decoders/stages.h"

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

constexpr const char* stages_folder = "stages";
constexpr const char* done_name = "done.safetensors";

}  // namespace

void Stages::run(const std::string& name, const Part& part) const {
  if (context_.folder.empty()) return part.fit(context_);
  const fs::path folder = context_.folder / stages_folder / name, done = folder / done_name;
  if (context_.resume && fs::exists(done)) {
    TextMap about;
    const TensorMap learned = read_safetensors(done, &about);
    if (about["settings"] != context_.settings) {
      throw Error(done, "was made with other settings, another recording or another seed",
                  "Resume with the same ones, or train anew with --force");
    }
    context_.run.say("stage '" + name + "' is done already");
    return part.load(learned, done.string());
  }
  fs::create_directories(folder);
  FitContext own = context_;
  own.folder = folder;
  part.fit(own);
  Output output(done, /*force=*/true);
  write_safetensors(output.path(), part.learned(), {{"settings", context_.settings}});
  output.commit();
}

bool Stages::any_done(const fs::path& folder) {
  std::error_code failed;
  for (fs::directory_iterator stage(folder / stages_folder, failed), end; !failed && stage != end;
       stage.increment(failed)) {
    if (fs::exists(stage->path() / done_name, failed)) return true;
  }
  return false;
}

void Stages::remove(const fs::path& folder) { fs::remove_all(folder / stages_folder); }

}  // namespace afterimage
