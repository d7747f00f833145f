#pragma once

#include <string>

#include "afterimage/evaluation/ranking.h"

namespace afterimage {

/// Many decoders on one page: a table to be sorted by any metric, and every test. Self-contained,
/// as the report is (page.h).
std::string ranking_page(const Ranking& ranking, const std::string& title);

}  // namespace afterimage
