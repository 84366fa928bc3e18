#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int32_t par_is_child(int32_t pidfd) {
    siginfo_t info = {0};
    return waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ? -errno : 0;
}

int32_t par_is_stopped(int32_t pidfd) {
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)pidfd, &info, WSTOPPED | WNOHANG | WNOWAIT) < 0) return -errno;
    return info.si_pid != 0;
}

int32_t par_take_stop(int32_t pidfd) {
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)pidfd, &info, WSTOPPED | WNOHANG) < 0) return -errno;
    return info.si_pid == 0 || info.si_code != CLD_STOPPED ? 0 : info.si_status;
}

int32_t par_reap_child(int32_t pid, par_exit *exit) {
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) < 0) return -errno;
    exit->pid = info.si_pid;
    exit->status = info.si_status;
    exit->killed = info.si_code != CLD_EXITED;
    return 0;
}

int32_t par_deny_inspection(void) { return prctl(PR_SET_DUMPABLE, 0) < 0 ? -errno : 0; }
