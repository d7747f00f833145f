#include <ATen/ATen.h>

#include "afterimage/base/content_hash.h"
#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/minddiffuser_parts.h"
#include "afterimage/diffusion/conditional_unet.h"

namespace afterimage {
namespace {

std::string bytes_text(const at::Tensor& values) {
  if (!values.defined()) return "-";
  const auto row = values.cpu().contiguous();
  return {static_cast<const char*>(row.const_data_ptr()), static_cast<size_t>(row.nbytes())};
}

}  // namespace

MindDiffuser::Predicted MindDiffuser::predict(const at::Tensor& responses) const {
  Predicted all;
  const int64_t n = responses.size(0);
  const auto of = [&](const std::string& name) {
    return regressions_.at(name).predict(responses).to(run_.device());
  };
  if (predicts_z()) {
    const auto& sizes = networks_->autoencoder->sizes();
    const int64_t side = input_.image_size / sizes.reduction();
    all.z = of("z").view({n, sizes.latent_channels, side, side});
  }
  if (predicts_c()) {
    const auto width = unconditional_.size(2);
    const auto first = unconditional_.to(run_.device()).slice(1, 0, 1).expand({n, 1, width});
    all.c = at::cat({first, of("c").view({n, options_.c_tokens - 1, width})}, 1);
  }
  for (const auto& name : target_names()) {
    if (name.starts_with("network.")) all.network.push_back(of(name));
  }
  return all;
}

/// What an image follows from: predictions, checkpoint, options, seed and sample.
std::string MindDiffuser::key_of(const Predicted& all, int64_t row,
                                 const ReconstructContext& context) const {
  const auto of_row = [&](const at::Tensor& values) {
    return sha256(bytes_text(values.defined() ? values[row] : values));
  };
  std::string text = concat(of_row(all.z), of_row(all.c), checkpoint_hash_, run_.to_json().dump(),
                            to_json(MindDiffuserOptions(options_).options()).dump(),
                            bytes_text(at::rand({4}, context.generator("minddiffuser", row))));
  for (const auto& values : all.network) text += of_row(values);
  return sha256(text);
}

at::Tensor MindDiffuser::image_of(const Predicted& all, int64_t row,
                                  const ReconstructContext& context) const {
  const at::NoGradGuard no_grad;
  const auto& made = *networks_;
  const auto& run = context.run;
  auto random = context.generator("minddiffuser", row);
  const auto fresh = [&](at::IntArrayRef shape) {
    return at::randn(shape, random, at::kFloat).to(run_.device());
  };
  const auto& sizes = made.autoencoder->sizes();
  const int64_t side = input_.image_size / sizes.reduction();
  const auto z =
      all.z.defined() ? all.z.narrow(0, row, 1) : fresh({1, sizes.latent_channels, side, side});
  const auto type = compute_type(run_);
  if (!diffuses()) return made.decode(z.to(type)).to(at::kFloat).clamp(0, 1);
  const auto none = unconditional_.to(run_.device());
  at::Tensor c = none;
  if (all.c.defined()) c = all.c.narrow(0, row, 1);
  if (options_.c_source == "noise") c = fresh(none.sizes());
  const diffusion::Generation way{
      *made.unet, [&](const at::Tensor& latents) { return made.decode(latents); },
      *made.ddim, options_.generation,
      none,       type};
  if (!refines()) return way.image(way.latent(z, c, fresh(z.sizes()), run));

  std::vector<diffusion::RefinementTarget> targets;
  const auto paths = layers();
  auto tapped = paths;
  at::Tensor final_embedding;
  for (size_t i = 0; i < paths.size(); ++i) {
    const auto& regression = regressions_.at(concat("network.", i));
    targets.push_back({all.network[i][row], regression.units().to(run_.device()),
                       regression.layer_units(), options_.layer_weights[i]});
  }
  if (options_.refinement.lambda > 0) {
    final_embedding = all.network.back()[row];
    tapped.emplace_back("embedding");
  }
  const auto features = [&](const at::Tensor& images) {
    auto found = made.network->forward(images, tapped);
    for (auto& values : found) values = values.flatten();
    return found;
  };
  const diffusion::Refinement refinement(way, features, targets, final_embedding,
                                         options_.refinement);
  return refinement.refine(z, c, fresh, run).image;
}

at::Tensor MindDiffuser::images_of(const at::Tensor& responses, const ReconstructContext& context) {
  TORCH_INTERNAL_ASSERT(networks_, "build first");
  const auto all = predict(responses);
  const int64_t n = responses.size(0), size = input_.image_size;
  const auto images = at::empty({n, 3, size, size}, at::kFloat);
  const bool keeps = diffuses() && !kept_.empty();
  Progress progress(context.run, "Images", n, "image");
  for (int64_t row = 0; row < n; ++row) {
    context.run.stop_if_cancelled("stopped; images that were finished are kept");
    const auto file = keeps ? kept_ / (key_of(all, row, context) + ".safetensors") : kept_;
    if (keeps && std::filesystem::exists(file)) {
      images[row].copy_(read_safetensors(file).at("image"));
    } else {
      const auto image = image_of(all, row, context)[0].cpu();
      if (image.size(1) != size) {
        throw Error("small_decoder",
                    concat("makes images of ", image.size(1), " pixels, not ", size),
                    "It must enlarge latents as the checkpoint's autoencoder does");
      }
      images[row].copy_(image);
      if (keeps) {
        make_folder(kept_);
        Output output(file, /*force=*/true);
        write_safetensors(output.path(), {{"image", image}});
        output.commit();
      }
    }
    progress.advance();
  }
  return images;
}

}  // namespace afterimage
