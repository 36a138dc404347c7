/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary files over POSIX. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_TMPFILE, mkostemp */
#endif
#include "bodies/temporary_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int sl_temporary_file_open(sl_slice directory) {
    static const char suffix[] = "/seclua-body-XXXXXX";
    char path[PATH_MAX];
    if (directory.len == 0 || directory.len + sizeof suffix > sizeof path) return -1;
    memcpy(path, directory.ptr, directory.len);
    path[directory.len] = '\0';
#if defined(O_TMPFILE)
    const int nameless = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (nameless >= 0) return nameless;
#endif
    /* Older kernels and some file systems: make it, then take its name away before anything is written. */
    memcpy(path + directory.len, suffix, sizeof suffix);
    const int file = mkostemp(path, O_CLOEXEC);
    if (file >= 0 && unlink(path) != 0) {
        close(file);
        return -1;
    }
    return file;
}

int sl_temporary_file_create(char *path, uint32_t mode) {
    const int file = mkostemp(path, O_CLOEXEC);
    if (file >= 0 && fchmod(file, (mode_t)(mode & 07777u)) != 0) {
        close(file);
        unlink(path);
        return -1;
    }
    return file;
}

bool sl_temporary_file_write(int file, sl_slice bytes) {
    while (bytes.len > 0) {
        const ssize_t written = write(file, bytes.ptr, bytes.len);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes = sl_slice_from(bytes, (size_t)written);
    }
    return true;
}

const uint8_t *sl_temporary_file_map(int file, size_t length) {
    void *const at = mmap(NULL, length, PROT_READ, MAP_PRIVATE, file, 0);
    return at == MAP_FAILED ? NULL : at;
}

void sl_temporary_file_unmap(const uint8_t *mapping, size_t length) {
    (void)munmap((void *)mapping, length); /* munmap is not const-correct */
}

bool sl_temporary_file_close(int file) { return close(file) == 0; }

void sl_temporary_file_remove(const char *path) { (void)unlink(path); }
