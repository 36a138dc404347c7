// SPDX-License-Identifier: Apache-2.0
// The hint of an error about a name that nobody knows.
#pragma once

#include <string>
#include <string_view>

#include "base/nearest.h"

namespace seclua {

// "did you mean ARGS?", or empty.
inline std::string did_you_mean(std::string_view wrong, sl_name_at *names) {
    const char *const near = sl_nearest(sl_slice_of(wrong.data(), wrong.size()), names);
    return near == nullptr ? std::string() : std::string("did you mean ") + near + "?";
}

// The names of a registry whose rows are looked up by number.
template <auto row_at> const char *name_of_row(size_t index) {
    const auto *row = row_at(index);
    return row == nullptr ? nullptr : row->name;
}

} // namespace seclua
