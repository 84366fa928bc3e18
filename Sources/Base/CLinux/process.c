#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int32_t result(long value) { return value < 0 ? -errno : (int32_t)value; }

int32_t par_fork_sibling(void) {
    // The kernel keeps the address where glibc caches the thread's id. Handing it back makes the child's cache true.
    int *tid = NULL;
    long flags = CLONE_PARENT | SIGCHLD;
    if (prctl(PR_GET_TID_ADDRESS, &tid) == 0 && tid != NULL) flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
#if defined(__x86_64__)
    return result(syscall(SYS_clone, flags, NULL, NULL, tid, NULL));
#else
    return result(syscall(SYS_clone, flags, NULL, NULL, NULL, tid));
#endif
}

int32_t par_pidfd_open(int32_t pid) { return result(syscall(SYS_pidfd_open, pid, 0)); }

int32_t par_pidfd_send_signal(int32_t pidfd, int32_t signal) {
    return result(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

int32_t par_pidfd_reap(int32_t pidfd, int32_t waits, par_exit *exit) {
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | (waits ? 0 : WNOHANG)) < 0) return -errno;
    exit->pid = info.si_pid;
    exit->status = info.si_status;
    exit->killed = info.si_code != CLD_EXITED;
    return 0;
}

int32_t par_ended_child(void) {
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0) return errno == ECHILD ? 0 : -errno;
    return info.si_pid;
}

int32_t par_reap(int32_t pid) { return result(waitid(P_PID, (id_t)pid, NULL, WEXITED | WNOHANG)); }

int32_t par_spawn_close_from(posix_spawn_file_actions_t *actions, int32_t first) {
    return -posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int32_t par_spawn_chdir(posix_spawn_file_actions_t *actions, const char *directory) {
    return -posix_spawn_file_actions_addchdir_np(actions, directory);
}

int32_t par_signal_thread(int32_t pid, int32_t tid, int32_t signal) {
    return result(syscall(SYS_tgkill, pid, tid, signal));
}

int32_t par_poll_unblocking(struct pollfd *descriptors, uint32_t count, int64_t nanoseconds, int32_t signal) {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    sigdelset(&mask, signal);
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return result(ppoll(descriptors, count, nanoseconds < 0 ? NULL : &limit, &mask));
}

int32_t par_set_mark(uint64_t mark) {
    struct rlimit limit;
    if (prlimit(0, RLIMIT_LOCKS, NULL, &limit) < 0) return -errno;
    limit.rlim_cur = mark == 0 ? limit.rlim_max : mark;
    return result(prlimit(0, RLIMIT_LOCKS, &limit, NULL));
}

int32_t par_die_with_parent(void) { return result(prctl(PR_SET_PDEATHSIG, SIGKILL)); }
int32_t par_adopt_orphans(void) { return result(prctl(PR_SET_CHILD_SUBREAPER, 1)); }

static int child_changes = -1;

static void child_has_changed(int number) {
    (void)number;
    int saved = errno;
    eventfd_write(child_changes, 1);
    errno = saved;
}

int32_t par_child_changes(void) {
    if (child_changes < 0) child_changes = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (child_changes < 0) return -errno;
    struct sigaction action = {.sa_handler = child_has_changed, .sa_flags = SA_RESTART};
    return sigaction(SIGCHLD, &action, NULL) < 0 ? -errno : child_changes;
}

void par_child_changes_seen(int32_t fd) {
    eventfd_t count;
    eventfd_read(fd, &count);
}

int32_t par_set_name(const char *name) { return result(prctl(PR_SET_NAME, name)); }

static uint64_t default_timer_slack;

uint64_t par_default_timer_slack(void) { return default_timer_slack; }

int32_t par_set_timer_slack(uint64_t nanoseconds) {
    int before = prctl(PR_GET_TIMERSLACK);
    if (default_timer_slack == 0 && before > 0) default_timer_slack = (uint64_t)before;
    return result(prctl(PR_SET_TIMERSLACK, nanoseconds));
}

uint64_t par_thread_delay(void) {
    char text[128];
    int file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    if (size <= 0) return 0;
    text[size] = 0;
    unsigned long long ran = 0, delayed = 0;
    return sscanf(text, "%llu %llu", &ran, &delayed) == 2 ? delayed : 0;
}

int32_t par_gettid(void) { return (int32_t)syscall(SYS_gettid); }
int32_t par_getcpu(void) { return sched_getcpu(); }

int32_t par_cpu_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) < 0) return -errno;
    return CPU_COUNT(&set);
}

/// Moves this thread to one of `wanted`, and gives it back the CPUs that it had.
static int32_t move(cpu_set_t had, cpu_set_t wanted) {
    if (CPU_COUNT(&wanted) == 0) return 0;
    if (sched_setaffinity(0, sizeof wanted, &wanted) < 0) return -errno;
    return result(sched_setaffinity(0, sizeof had, &had));
}

int32_t par_leave_cpu(int32_t cpu) {
    cpu_set_t all;
    if (sched_getaffinity(0, sizeof all, &all) < 0) return -errno;
    cpu_set_t others = all;
    CPU_CLR(cpu, &others);
    return move(all, others);
}

int32_t par_visit_cpu(int32_t cpu) {
    cpu_set_t all, one;
    if (sched_getaffinity(0, sizeof all, &all) < 0) return -errno;
    CPU_ZERO(&one);
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
    return move(all, one);
}

int32_t par_place(int32_t tid, int32_t cpu, int32_t index) {
    cpu_set_t all, one;
    if (sched_getaffinity(0, sizeof all, &all) < 0) return -errno;
    int32_t count = CPU_COUNT(&all);
    if (count < 2) return 0;
    for (int32_t left = index % count; left > 0;) {
        cpu = (cpu + 1) % CPU_SETSIZE;
        if (CPU_ISSET(cpu, &all)) left--;
    }
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return result(sched_setaffinity(tid, sizeof one, &one));
}

int32_t par_set_free(int32_t tid) {
    cpu_set_t all;
    if (sched_getaffinity(0, sizeof all, &all) < 0) return -errno;
    return result(sched_setaffinity(tid, sizeof all, &all));
}

int32_t par_pin(int32_t cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return result(sched_setaffinity(0, sizeof set, &set));
}

/// PIDFD_SIGNAL_PROCESS_GROUP of linux/pidfd.h, since Linux 6.9.
enum { TO_GROUP = 1 << 2 };

int32_t par_pidfd_signal_group(int32_t pidfd, int32_t signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, TO_GROUP) < 0 ? -errno : 0;
}
