/* SPDX-License-Identifier: Apache-2.0 */
/* Files as log writers need them, and the machine's name: all that differs between systems. Only writer
 * threads write; opening never waits, not even for the reader of a pipe. */
#ifndef SL_LOG_PLATFORM_H
#define SL_LOG_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { sl_platform_no_file = -1 };

/* Opens for appending; a file that has to be made gets exactly this mode. sl_platform_no_file: it cannot be
 * opened. */
int sl_platform_open_append(const char *path, unsigned mode);
/* Appends bytes[*written…len] and moves *written on; other processes that append through here do not come in
 * between. False: it has to be tried again from *written on. */
bool sl_platform_append(int file, const uint8_t *bytes, size_t len, size_t *written);
/* Makes or empties the file, with the folders it stands in below the first root_len bytes of path, and writes
 * all of it. */
bool sl_platform_write_file(const char *path, size_t root_len, unsigned folder_mode, unsigned mode,
                            const uint8_t *bytes, size_t len);
void sl_platform_close(int file);

/* Returns the length. */
size_t sl_platform_host_name(char *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
