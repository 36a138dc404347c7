/* SPDX-License-Identifier: Apache-2.0 */
/* Log files on POSIX and on Windows. Each append is one write call as long as the system takes it whole; the
 * lock is for the case that it does not, and for other processes with the same file. */
#include "log/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { path_bytes_max = 4096, wait_for_reader_ms = 1000, write_bytes_max = 1 << 30 };

#if defined(_WIN32)

#include <io.h>
#include <share.h>
#include <sys/stat.h>
#include <windows.h>

/* Paths are UTF-8; the caller frees. */
static wchar_t *wide(const char *path) {
    const int count = MultiByteToWideChar(CP_UTF8, 0, path, -1, NULL, 0);
    wchar_t *out = count <= 0 ? NULL : malloc((size_t)count * sizeof *out);
    if (out != NULL) MultiByteToWideChar(CP_UTF8, 0, path, -1, out, count);
    return out;
}

static int open_with(const char *path, int flags) {
    wchar_t *name = wide(path);
    int file = sl_platform_no_file;
    if (name == NULL) return file;
    flags |= _O_WRONLY | _O_CREAT | _O_BINARY | _O_NOINHERIT;
    if (_wsopen_s(&file, name, flags, _SH_DENYNO, _S_IREAD | _S_IWRITE) != 0) file = sl_platform_no_file;
    free(name);
    return file;
}

static int open_append(const char *path, unsigned mode) {
    (void)mode;
    return open_with(path, _O_APPEND);
}
static int open_empty(const char *path, unsigned mode) {
    (void)mode;
    return open_with(path, _O_TRUNC);
}
static void make_folder(const char *path, unsigned mode) {
    (void)mode;
    wchar_t *name = wide(path);
    if (name != NULL) CreateDirectoryW(name, NULL);
    free(name);
}
static void lock(int file) { (void)file; }
static void unlock(int file) { (void)file; }
static bool waits(int file) {
    (void)file;
    return false;
}
static long write_some(int file, const uint8_t *bytes, size_t len) {
    return _write(file, bytes, (unsigned)(len < write_bytes_max ? len : write_bytes_max));
}

void sl_platform_close(int file) {
    if (file >= 0) _close(file);
}

size_t sl_platform_host_name(char *out, size_t size) {
    DWORD len = (DWORD)size;
    return GetComputerNameA(out, &len) ? len : 0;
}

#else

#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#if !defined(O_NOFOLLOW)
#define O_NOFOLLOW 0
#endif

/* A mode that was asked for is meant, whatever the umask. */
static int open_new(const char *path, int flags, unsigned mode) {
    const int file = open(path, flags | O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file >= 0 && fchmod(file, (mode_t)mode) != 0) {
        close(file);
        return sl_platform_no_file;
    }
    return file;
}

/* O_NONBLOCK: a pipe without a reader is a failure now and an attempt later. */
static int open_append(const char *path, unsigned mode) {
    const int file = open_new(path, O_APPEND, mode);
    if (file >= 0 || errno != EEXIST) return file;
    return open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
}

static int open_empty(const char *path, unsigned mode) {
    const int file = open_new(path, 0, mode);
    if (file >= 0 || errno != EEXIST) return file;
    return open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
}

static void make_folder(const char *path, unsigned mode) {
    if (mkdir(path, (mode_t)mode) == 0) (void)!chmod(path, (mode_t)mode);
}
static void lock(int file) { (void)!flock(file, LOCK_EX); }
static void unlock(int file) { (void)!flock(file, LOCK_UN); }

/* True when the reader of a full pipe took something within the time. */
static bool waits(int file) {
    struct pollfd state = {.fd = file, .events = POLLOUT};
    return (errno == EAGAIN || errno == EWOULDBLOCK) && poll(&state, 1, wait_for_reader_ms) == 1;
}
static long write_some(int file, const uint8_t *bytes, size_t len) {
    return (long)write(file, bytes, len < write_bytes_max ? len : write_bytes_max);
}

void sl_platform_close(int file) {
    if (file >= 0) close(file);
}

size_t sl_platform_host_name(char *out, size_t size) {
    if (gethostname(out, size) != 0) return 0;
    out[size - 1] = '\0';
    return strlen(out);
}

#endif

int sl_platform_open_append(const char *path, unsigned mode) { return open_append(path, mode); }

bool sl_platform_append(int file, const uint8_t *bytes, size_t len, size_t *written) {
    if (file < 0) return false;
    lock(file);
    while (*written < len) {
        const long taken = write_some(file, bytes + *written, len - *written);
        if (taken > 0) {
            *written += (size_t)taken;
        } else if (errno != EINTR && !waits(file)) {
            break;
        }
    }
    unlock(file);
    return *written == len;
}

bool sl_platform_write_file(const char *path, size_t root_len, unsigned folder_mode, unsigned mode,
                            const uint8_t *bytes, size_t len) {
    char folder[path_bytes_max];
    const size_t path_len = strlen(path);
    if (path_len >= sizeof folder) return false;
    memcpy(folder, path, path_len + 1);
    for (size_t i = root_len + 1; i < path_len; i++) {
        if (folder[i] != '/') continue;
        folder[i] = '\0';
        make_folder(folder, folder_mode);
        folder[i] = '/';
    }
    const int file = open_empty(path, mode);
    size_t written = 0;
    const bool is_done = sl_platform_append(file, bytes, len, &written);
    sl_platform_close(file);
    return is_done;
}
