// SPDX-License-Identifier: Apache-2.0
// Node opens what it opens so that it ends with an exec. But a process has more: what it was started with, and what other
// libraries open. Marking all of it is what keeps a program from them; Node's own way of handing descriptors to a child is
// not touched by the mark.

#include "descriptors.hpp"

#ifndef _WIN32
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#endif
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "convert.hpp"

namespace seclua::binding {

namespace {

#ifdef _WIN32
void seal_all() {} // handles are not inherited unless they are named
#else
constexpr int first = 3; // Node gives a child its standard streams

#if defined(__linux__) && defined(SYS_close_range)
// One call however many there are; Linux 5.11.
bool seal_range() {
    constexpr unsigned only_mark = 1U << 2; // CLOSE_RANGE_CLOEXEC, which older headers do not have
    return syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, only_mark) == 0;
}
#else
bool seal_range() { return false; }
#endif

void seal_all() {
    if (seal_range()) return;
    DIR *open_ones = opendir("/dev/fd");
    if (open_ones == nullptr) return;
    while (const dirent *entry = readdir(open_ones)) {
        const int descriptor = std::atoi(entry->d_name);
        if (descriptor < first) continue;
        const int flags = fcntl(descriptor, F_GETFD);
        if (flags >= 0) fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
    }
    closedir(open_ones);
}
#endif

napi_value seal_descriptors(napi_env, napi_callback_info) {
    seal_all();
    return nullptr;
}

} // namespace

void export_descriptors(napi_env env, napi_value exports) {
    napi_value function = nullptr;
    napi_create_function(env, "sealDescriptors", NAPI_AUTO_LENGTH, seal_descriptors, nullptr, &function);
    set(env, exports, "sealDescriptors", function);
}

} // namespace seclua::binding
