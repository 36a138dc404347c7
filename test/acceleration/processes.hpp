// SPDX-License-Identifier: Apache-2.0
// Work in several processes that share some counters: a crash or a hang in one costs that one only, and its
// counters say where it was. Where there is no fork (Windows), one after the other in this process.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace acceleration {

// Memory of count zeroed bytes that all processes see; never given back.
void *shared_bytes(size_t count);
// Calls work(0 … jobs-1), each in a process of its own. tell(job, how) is called for each that did not end
// well.
void run_processes(size_t jobs, const std::function<void(size_t)> &work,
                   const std::function<void(size_t, const std::string &)> &tell);
// Ends this process, as a hang, unless it is called again in time. 0: no longer.
void watch(unsigned seconds);

}  // namespace acceleration
