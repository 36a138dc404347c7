/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary files: nameless ones for bodies that outgrow memory, named ones for uploads. All that the body
 * parsers ask of the operating system stands here. Files are close-on-exec; descriptors are plain ints. */
#ifndef SL_TEMPORARY_FILE_H
#define SL_TEMPORARY_FILE_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A file without a name: it ends with its descriptor, whatever happens to the process. -1: not possible. */
int sl_temporary_file_open(sl_slice directory);
/* Makes a file nobody had before; the "XXXXXX" at the end of the NUL-terminated path becomes its name. The
 * mode is set exactly, whatever the umask. -1: not possible, and no file is left. */
int sl_temporary_file_create(char *path, uint32_t mode);
bool sl_temporary_file_write(int file, sl_slice bytes);
/* The first length bytes, read only, or NULL. Stays after the descriptor is closed. */
const uint8_t *sl_temporary_file_map(int file, size_t length);
void sl_temporary_file_unmap(const uint8_t *mapping, size_t length);
bool sl_temporary_file_close(int file);
void sl_temporary_file_remove(const char *path);

#ifdef __cplusplus
}
#endif
#endif
