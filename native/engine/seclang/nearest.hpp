// SPDX-License-Identifier: Apache-2.0
// "Did you mean …": the known name nearest to one that is not known, for the hints of errors.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace seclua {

// Edits are letters added, dropped, replaced or swapped with their neighbour; case does not count. Empty when
// no name is near enough to be meant: more than a third of the letters would change. The first of equally
// near names wins.
std::string nearest(std::string_view wrong, std::span<const std::string_view> names);

} // namespace seclua
