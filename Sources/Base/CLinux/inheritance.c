#define _GNU_SOURCE
#include "inheritance.h"
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RESOURCES = 16, IOPRIO_WHO_PROCESS = 1, NICE_OFFSET = 20, MOST_OOM = 1000, CPU_WORDS = PAR_INHERITED_COUNT - PAR_INHERITED_CPUS };

static int open_oom_adjustment(pid_t pid, int mode) {
    char path[48] = "/proc/self/oom_score_adj";
    if (pid != 0) snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)pid);
    return open(path, mode | O_CLOEXEC);
}

static int64_t oom_adjustment(void) {
    char text[16];
    int file = open_oom_adjustment(0, O_RDONLY);
    if (file < 0) return PAR_NOT_INHERITED;
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    if (size <= 0) return PAR_NOT_INHERITED;
    text[size] = 0;
    return strtol(text, NULL, 10);
}

void par_inheritance_read(int64_t *values) {
    for (int i = 0; i < PAR_INHERITED_COUNT; i++) values[i] = PAR_NOT_INHERITED;
    uint64_t ignored = 0;
    for (int number = 1; number < NSIG && number <= 64; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) ignored |= UINT64_C(1) << (number - 1);
    }
    values[PAR_INHERITED_SIGNALS] = (int64_t)ignored;
    // The system call's own result is never negative: 20 is the value 0.
    long nice = syscall(SYS_getpriority, PRIO_PROCESS, 0);
    if (nice > 0) values[PAR_INHERITED_NICE] = NICE_OFFSET - nice;
    long io = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
    if (io >= 0) values[PAR_INHERITED_IO] = io;
    values[PAR_INHERITED_OOM] = oom_adjustment();
    int policy = sched_getscheduler(0);
    if (policy >= 0) values[PAR_INHERITED_POLICY] = policy;
    uint32_t cpus[CPU_WORDS] = {0};
    if (syscall(SYS_sched_getaffinity, 0, sizeof cpus, cpus) > 0) {
        for (int word = 0; word < CPU_WORDS; word++) values[PAR_INHERITED_CPUS + word] = cpus[word];
    }
    for (int resource = 0; resource < RESOURCES; resource++) {
        struct rlimit limit;
        // That of locks is what commands are known by.
        if (resource == RLIMIT_LOCKS || prlimit(0, resource, NULL, &limit) < 0) continue;
        values[PAR_INHERITED_LIMITS + 2 * resource] = (int64_t)limit.rlim_cur;
        values[PAR_INHERITED_LIMITS + 2 * resource + 1] = (int64_t)limit.rlim_max;
    }
}

static int32_t write_oom_adjustment(pid_t pid, int64_t value) {
    char text[16];
    int size = snprintf(text, sizeof text, "%d", (int)value);
    int file = open_oom_adjustment(pid, O_WRONLY);
    if (file < 0) return -errno;
    int32_t result = write(file, text, (size_t)size) < 0 ? -errno : 0;
    close(file);
    return result;
}

static int32_t set_oom_adjustment(int64_t value) {
    // Less than this process's own would shield the command from what may end all others.
    return value > oom_adjustment() ? write_oom_adjustment(0, value) : 0;
}

void par_inherit_later(pid_t pid, const int64_t *values) { write_oom_adjustment(pid, values[PAR_INHERITED_OOM]); }

int32_t par_offer_memory(int32_t by) {
    int64_t own = oom_adjustment();
    if (own == PAR_NOT_INHERITED) return -ENOENT;
    return write_oom_adjustment(0, own + by < MOST_OOM ? own + by : MOST_OOM);
}

static void set_limit(int resource, int64_t soft, int64_t hard) {
    struct rlimit limit;
    if (prlimit(0, resource, NULL, &limit) < 0) return;
    // No caller gets more than the daemon's service has: RLIM_INFINITY is the largest number.
    if (hard != PAR_NOT_INHERITED && (rlim_t)hard < limit.rlim_max) limit.rlim_max = (rlim_t)hard;
    if (soft != PAR_NOT_INHERITED) limit.rlim_cur = (rlim_t)soft;
    if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    prlimit(0, resource, &limit, NULL);
}

// On no processor that this process may not run on. Where none is left, on all that it has.
static void set_cpus(const int64_t *wanted) {
    uint32_t cpus[CPU_WORDS] = {0};
    if (syscall(SYS_sched_getaffinity, 0, sizeof cpus, cpus) < 0) return;
    for (int word = 0; word < CPU_WORDS; word++) cpus[word] &= (uint32_t)wanted[word];
    syscall(SYS_sched_setaffinity, 0, sizeof cpus, cpus);
}

// Only those that leave others more: one of real time could keep everybody from a processor.
static void set_policy(int64_t policy) {
    struct sched_param none = {0};
    if (policy == SCHED_BATCH || policy == SCHED_IDLE) sched_setscheduler(0, (int)policy, &none);
}

int32_t par_inherit(const int64_t *values) {
    int64_t ignored = values[PAR_INHERITED_SIGNALS];
    if (ignored == PAR_NOT_INHERITED) ignored = 0;
    for (int number = 1; number <= 64; number++) {
        if ((uint64_t)ignored >> (number - 1) & 1) signal(number, SIG_IGN);
    }
    int32_t later = 0;
    if (values[PAR_INHERITED_OOM] != PAR_NOT_INHERITED) later = set_oom_adjustment(values[PAR_INHERITED_OOM]) < 0;
    if (values[PAR_INHERITED_NICE] != PAR_NOT_INHERITED)
        syscall(SYS_setpriority, PRIO_PROCESS, 0, values[PAR_INHERITED_NICE]);
    if (values[PAR_INHERITED_IO] != PAR_NOT_INHERITED)
        syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, values[PAR_INHERITED_IO]);
    if (values[PAR_INHERITED_POLICY] != PAR_NOT_INHERITED) set_policy(values[PAR_INHERITED_POLICY]);
    if (values[PAR_INHERITED_CPUS] != PAR_NOT_INHERITED) set_cpus(values + PAR_INHERITED_CPUS);
    for (int resource = 0; resource < RESOURCES; resource++) {
        int64_t soft = values[PAR_INHERITED_LIMITS + 2 * resource];
        int64_t hard = values[PAR_INHERITED_LIMITS + 2 * resource + 1];
        if (resource == RLIMIT_LOCKS || (soft == PAR_NOT_INHERITED && hard == PAR_NOT_INHERITED)) continue;
        set_limit(resource, soft, hard);
    }
    return later;
}
