#pragma once

#include <string>

#include "afterimage/evaluation/judgement.h"

namespace afterimage {

/// The page on which people judge (judgement.h): a question after the other, without a word of who
/// made which image, and a file of answers at the end. Self-contained, as the report is (page.h).
/// `truth`: the true images at the size of the sets', (rows, 3, H, W).
std::string judgement_page(const JudgementPlan& plan, const std::vector<ImageSet>& sets,
                           const at::Tensor& truth, const nlohmann::json& answers_head,
                           const std::string& title);

}  // namespace afterimage
