/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the machine went down while a store's files were being written.
 *
 * Commits are not flushed one by one: the system's cache has them, so a process that is killed loses nothing. A machine
 * that loses its power may leave pages of different ages behind, which must not be read. So a file beside them names
 * the run of the machine in which they were written last, or says that they were closed in order. */
#ifndef SL_COLLECTIONS_FILE_BOOT_H
#define SL_COLLECTIONS_FILE_BOOT_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_file_boot {
    int file;
    bool is_known; /* the machine can tell its runs apart; without that, every commit has to be flushed */
} sl_file_boot;

/* Before the files are opened. Holds a shared lock on the marker from here on. *is_broken: nobody else has them open,
 * and they stem from a run that did not end in order. False: errno says why. */
bool sl_file_boot_open(sl_file_boot *boot, const char *folder, bool *is_broken);
/* The files are good (or gone) now: this run may write. */
bool sl_file_boot_begin(sl_file_boot *boot);
/* After the files were flushed and closed. The last process says that all is in order. */
void sl_file_boot_close(sl_file_boot *boot);

#ifdef __cplusplus
}
#endif
#endif
