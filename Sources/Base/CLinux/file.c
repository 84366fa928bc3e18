#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int32_t par_rename_new(const char *from, const char *to) {
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
    // Not every file system knows this; not every one knows links either.
    if (errno != EINVAL && errno != ENOSYS) return -errno;
    if (link(from, to) < 0) return -errno;
    unlink(from);
    return 0;
}
