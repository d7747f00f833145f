#include "afterimage/decoders/decoder.h"

#include "afterimage/base/table.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/clip_retrieval.h"
#include "afterimage/decoders/image_to_image.h"
#include "afterimage/decoders/linear_gaussian.h"
#include "afterimage/decoders/mean_image.h"
#include "afterimage/decoders/minddiffuser.h"
#include "afterimage/decoders/nishimoto.h"
#include "afterimage/decoders/retrieval.h"
#include "afterimage/decoders/ridge.h"

namespace afterimage {
namespace {

template <typename T>
std::unique_ptr<Decoder> make() {
  return std::make_unique<T>();
}

}  // namespace

at::Generator ReconstructContext::generator(std::string_view purpose, int64_t row) const {
  return run.generator(concat(purpose, " of sample ", first + row));
}

at::Tensor Decoder::reconstruct(const at::Tensor& responses, const ReconstructContext& context) {
  context.run.stop_if_cancelled("stopped; nothing was written");
  return images_of(responses, context);
}

const std::vector<DecoderEntry>& decoder_table() {
  static const std::vector<DecoderEntry> table = {
      {"image-to-image", "a projection lays the responses out in space, a U-Net makes the image",
       "Brain2Pix, MonkeySee, IRFA", make<ImageToImage>},
      {"ridge", "linear map from responses to pixels, penalty by cross-validation",
       "Hoerl & Kennard 1970", make<RidgeDecoder>},
      {"map", "posterior mean of Gaussian images under a linear encoding model with Gaussian noise",
       "baseline of Brain2Pix; Schoenmakers et al. 2013", make<LinearGaussianDecoder>},
      {"nishimoto", "mean of the prior's images under which the responses are most likely",
       "Nishimoto et al. 2011; baseline of Brain2Pix", make<NishimotoDecoder>},
      {"retrieval", "image of the training sample with the most similar responses",
       "nearest neighbour (Cover & Hart 1967)", make<RetrievalDecoder>},
      {"minddiffuser", "latents and conditions from responses, images by Stable Diffusion 1.x",
       "MindDiffuser (Lu et al. 2023), Takagi & Nishimoto 2023", make<MindDiffuser>},
      {"clip-retrieval", "training image whose features are most like those predicted",
       "nearest neighbour in CLIP's space (Radford et al. 2021)", make<ClipRetrieval>},
      {"mean", "mean training image, whatever the responses", "baseline", make<MeanImageDecoder>},
  };
  return table;
}

std::unique_ptr<Decoder> make_decoder(const std::string& name, const std::string& where) {
  return find_entry(decoder_table(), name, "decoder", where).make();
}

}  // namespace afterimage
