#include "afterimage/decoders/image_components.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

constexpr int64_t more = 16;       // directions followed beyond those asked for
constexpr int64_t iterations = 4;  // of the subspace
constexpr double least = 1e-12;    // variance, in itself or of the largest: below it, rounding

/// Pixels as rows, of the channels there are: (n, pixels) float64.
at::Tensor pixels_of(const at::Tensor& images, int64_t pixels) {
  const int64_t channels = pixels / (images.size(2) * images.size(3));
  return images.narrow(1, 0, channels).flatten(1).to(at::kDouble);
}

/// Calls `use` with the pixels of all images, batch by batch.
void for_pixels(const SampleSource& source, int64_t pixels, const RunContext& run,
                const std::function<void(const at::Tensor&)>& use) {
  const int64_t bytes = pixels * 3 * 8;  // as read, converted, centred
  for_batches(all_rows(source.count()), rows_per_batch(bytes), [&](int64_t, const auto& rows) {
    run.stop_if_cancelled("stopped; nothing was written");
    use(pixels_of(source.images(rows), pixels).to(run.device()));
  });
}

}  // namespace

at::Tensor ImageComponents::scores(const at::Tensor& images) const {
  return at::mm(pixels_of(images, mean.size(0)).to(mean.device()) - mean, components.t());
}

ImageComponents image_components(const SampleSource& source, int64_t count, const RunContext& run) {
  const auto n = source.count();
  if (n < 2) {
    throw Error(source.where(), concat("images cannot be compared within ", n, " sample(s)"),
                "Give it two or more");
  }
  const int64_t pixels = source.channels() * source.image_size() * source.image_size();
  const auto width = std::min({count + more, pixels, n - 1});
  Progress progress(run, "principal components of the images", iterations + 2, "pass");
  ImageComponents found;
  found.mean = at::zeros({pixels}, at::TensorOptions(run.device()).dtype(at::kDouble));
  for_pixels(source, pixels, run, [&](const at::Tensor& x) { found.mean += x.sum(0); });
  found.mean /= n;
  progress.advance(1);

  auto basis = at::randn({pixels, width}, run.generator("principal components"), at::kDouble)
                   .to(run.device());
  for (int64_t i = 0; i < iterations; ++i) {
    basis = std::get<0>(at::linalg_qr(basis));
    auto next = at::zeros_like(basis);
    for_pixels(source, pixels, run, [&](const at::Tensor& x) {
      const auto centred = x - found.mean;
      next.addmm_(centred.t(), at::mm(centred, basis));
    });
    basis = next;
    progress.advance(1);
  }
  basis = std::get<0>(at::linalg_qr(basis));
  auto gram = at::zeros({width, width}, basis.options());
  for_pixels(source, pixels, run, [&](const at::Tensor& x) {
    const auto scores = at::mm(x - found.mean, basis);
    gram.addmm_(scores.t(), scores);
  });
  progress.advance(1);
  const auto [variance, direction] = at::linalg_eigh(gram / n);  // ascending
  const auto descending = variance.flip(0);
  const auto spanned = descending.gt(descending[0].clamp_min(1) * least).sum().item<int64_t>();
  const auto kept = std::min(count, spanned);
  found.variance = descending.narrow(0, 0, kept).contiguous();
  found.components = at::mm(direction.flip(1).narrow(1, 0, kept).t(), basis.t());
  return found;
}

}  // namespace afterimage
