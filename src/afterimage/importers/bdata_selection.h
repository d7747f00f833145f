#pragma once

#include <functional>
#include <string>
#include <vector>

namespace afterimage {

/// Columns of a BData file chosen by an expression as in bdpy: `ROI_V1 = 1 | ROI_V2 = 1`. A key
/// alone means "= 1"; `*` in it stands for any letters, and a column counts when one of the keys
/// fits. Operators | (or, also +), & (and), - (but not) are of one precedence, from the left;
/// parentheses are as usual. Errors: what is no such expression; `top` and `@` are not known.
///
/// `values(key)` gives the value of a key in every column, NaN where there is none; `keys` are all
/// there are.
std::vector<bool> select_columns(const std::string& expression,
                                 const std::vector<std::string>& keys,
                                 const std::function<std::vector<double>(size_t key)>& values,
                                 const std::string& where);

}  // namespace afterimage
