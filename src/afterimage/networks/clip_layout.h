#pragma once

#include "afterimage/formats/safetensors.h"

namespace afterimage {

/// The weights of CLIP's image encoder by the names of OpenAI's `model.visual` ("conv1.weight"),
/// whichever of the public layouts they come in: OpenAI's and OpenCLIP's ("visual.conv1.weight"),
/// or Hugging Face's CLIPModel ("vision_model.embeddings.patch_embedding.weight"), whose query, key
/// and value are put together. What is missing stays missing; other weights are left out.
TensorMap openai_clip_vision(const TensorMap& tensors);

}  // namespace afterimage
