#define _GNU_SOURCE
#include "CLibraries.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void *par_library_open(const char *file, char *error, size_t size) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
    const char *reason = dlerror();
    snprintf(error, size, "%s", reason ? reason : "the dynamic linker gives no reason");
    return NULL;
}

/// How many threads this process has; 1 where that can't be told.
static int threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) return 1;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(tasks));) count += entry->d_name[0] != '.';
    closedir(tasks);
    return count > 0 ? count : 1;
}

/// What the child of a trial does: it writes why it failed, and ends with what it found.
static void try_library(const char *file, int report) {
    enum { ONE_THREAD = 0, SEVERAL = 1, FAILED = 2 };
    char error[PAR_LOAD_ERROR_SIZE] = "";
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int end = par_library_open(file, error, sizeof error) ? (threads() > 1 ? SEVERAL : ONE_THREAD) : FAILED;
    char message[1 + PAR_LOAD_ERROR_SIZE];
    message[0] = (char)end;
    memcpy(message + 1, error, sizeof error);
    // One write of this size into an empty pipe is taken whole.
    _exit(write(report, message, sizeof message) == sizeof message ? 0 : 1);
}

int32_t par_library_try(const char *file, char *error, size_t size) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        snprintf(error, size, "pipe2: %s", strerror(errno));
        return -1;
    }
    pid_t child = fork();
    if (child == 0) try_library(file, ends[1]);
    int failure = errno;
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        snprintf(error, size, "fork: %s", strerror(failure));
        return -1;
    }
    // Only the child's end counts: what it has started may keep the pipe open.
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    char message[1 + PAR_LOAD_ERROR_SIZE] = "";
    int is_told = WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
                  read(ends[0], message, sizeof message) == sizeof message;
    close(ends[0]);
    message[sizeof message - 1] = 0;
    if (!is_told && WIFSIGNALED(status)) {
        snprintf(error, size, "%s: loading it ended the process with signal %d", file, WTERMSIG(status));
    } else if (!is_told) {
        snprintf(error, size, "%s: loading it ended the process with exit code %d", file, WEXITSTATUS(status));
    } else if (message[0] > 1) {
        snprintf(error, size, "%s", message + 1);
    }
    return is_told && message[0] <= 1 ? message[0] : -1;
}
