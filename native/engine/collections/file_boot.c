/* SPDX-License-Identifier: Apache-2.0 */
/* The marker: one line, the machine's own name for its present run, or "clean". */
#include "collections/file_boot.h"

#if defined(_WIN32)

/* No name of a run here: commits are flushed one by one. */
bool sl_file_boot_open(sl_file_boot *boot, const char *folder, bool *is_broken) {
    (void)folder;
    *boot = (sl_file_boot){.file = -1};
    *is_broken = false;
    return true;
}
bool sl_file_boot_begin(sl_file_boot *boot) {
    (void)boot;
    return true;
}
void sl_file_boot_close(sl_file_boot *boot) {
    (void)boot;
}

#else

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

enum { name_bytes_max = 64, path_bytes_max = 4096, attempts_max = 100 };

static const char clean[] = "clean";

/* Length of the name of this run; 0: it has none. */
static size_t name_run(char *out) {
#if defined(__APPLE__)
    size_t len = name_bytes_max;
    if (sysctlbyname("kern.bootsessionuuid", out, &len, NULL, 0) != 0) return 0;
    return strnlen(out, len);
#else
    const int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    const ssize_t len = read(file, out, name_bytes_max);
    close(file);
    const char *end = len <= 0 ? NULL : memchr(out, '\n', (size_t)len);
    return end == NULL ? 0 : (size_t)(end - out);
#endif
}

static size_t read_marker(int file, char *out) {
    const ssize_t len = pread(file, out, name_bytes_max, 0);
    return len < 0 ? 0 : (size_t)len;
}

static bool is_text(const char *bytes, size_t len, const char *text, size_t text_len) {
    return len == text_len && memcmp(bytes, text, len) == 0;
}

static bool write_marker(int file, const char *text, size_t len) {
    return ftruncate(file, 0) == 0 && pwrite(file, text, len, 0) == (ssize_t)len && fsync(file) == 0;
}

bool sl_file_boot_open(sl_file_boot *boot, const char *folder, bool *is_broken) {
    char path[path_bytes_max], run[name_bytes_max], found[name_bytes_max];
    const size_t run_len = name_run(run);
    *is_broken = false;
    if ((size_t)snprintf(path, sizeof path, "%s/run", folder) >= sizeof path) {
        errno = ENAMETOOLONG;
        return false;
    }
    boot->is_known = run_len != 0;
    boot->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (boot->file < 0) return false;
    /* Alone: this process decides, under the exclusive lock that sl_file_boot_begin gives up. Else somebody who has the
     * files open decided before; unless the marker says "clean", for then they were just being closed. */
    for (int i = 0; i < attempts_max; i++) {
        if (flock(boot->file, LOCK_EX | LOCK_NB) == 0) {
            const size_t len = read_marker(boot->file, found);
            *is_broken =
                len != 0 && !is_text(found, len, clean, sizeof clean - 1) && !is_text(found, len, run, run_len);
            return true;
        }
        if (flock(boot->file, LOCK_SH) != 0) break;
        const size_t len = read_marker(boot->file, found);
        if (is_text(found, len, run, run_len)) return true;
        usleep(1000);
    }
    close(boot->file);
    return false;
}

bool sl_file_boot_begin(sl_file_boot *boot) {
    char run[name_bytes_max], found[name_bytes_max];
    const size_t run_len = name_run(run);
    const size_t len = read_marker(boot->file, found);
    if (!is_text(found, len, run, run_len) && !write_marker(boot->file, run, run_len)) return false;
    return flock(boot->file, LOCK_SH) == 0;
}

void sl_file_boot_close(sl_file_boot *boot) {
    if (boot->file >= 0 && flock(boot->file, LOCK_EX | LOCK_NB) == 0) {
        write_marker(boot->file, clean, sizeof clean - 1);
    }
    if (boot->file >= 0) close(boot->file);
}

#endif
