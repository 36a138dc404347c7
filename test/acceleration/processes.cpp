// SPDX-License-Identifier: Apache-2.0
#include "processes.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#ifndef _WIN32
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace acceleration {

#ifdef _WIN32

void *shared_bytes(size_t count) { return std::calloc(count, 1); }
void run_processes(size_t jobs, const std::function<void(size_t)> &work,
                   const std::function<void(size_t, const std::string &)> &) {
    for (size_t job = 0; job < jobs; job++) work(job);
}
void watch(unsigned) {}

#else

void *shared_bytes(size_t count) {
    void *memory = mmap(nullptr, count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no shared memory");
    return memory;
}

void run_processes(size_t jobs, const std::function<void(size_t)> &work,
                   const std::function<void(size_t, const std::string &)> &tell) {
    std::fflush(nullptr);
    std::vector<pid_t> children;
    for (size_t job = 0; job < jobs; job++) {
        const pid_t child = fork();
        if (child < 0) throw std::runtime_error("cannot fork");
        if (child == 0) {
            work(job);
            std::fflush(nullptr);
            _exit(0);
        }
        children.push_back(child);
    }
    for (size_t job = 0; job < jobs; job++) {
        int status = 0;
        waitpid(children[job], &status, 0);
        if (WIFSIGNALED(status))
            tell(job, WTERMSIG(status) == SIGALRM ? "hangs"
                                                  : "ends with signal " + std::to_string(WTERMSIG(status)));
        else if (WEXITSTATUS(status) != 0)
            tell(job, "ends with status " + std::to_string(WEXITSTATUS(status)));
    }
}

void watch(unsigned seconds) { alarm(seconds); }

#endif

}  // namespace acceleration
