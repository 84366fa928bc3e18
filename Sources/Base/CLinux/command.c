#define _GNU_SOURCE
#include "CLinux.h"
#include "inheritance.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    const par_command *command;
    pid_t parent;
    volatile int32_t error;
    volatile int32_t step;
    /// Whether the program is to be given more once it is executed.
    volatile int32_t later;
} start;

/// Undoes what glibc's posix_spawn(3), by which the zygote was started, has done to one of the two signals that it keeps
/// for itself: it is ignored, and sigaction(2) in glibc won't say otherwise.
static void listen_again(void) {
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } defaults = {0};
    for (int signal = 32; signal < SIGRTMIN; signal++) syscall(SYS_rt_sigaction, signal, &defaults, NULL, sizeof defaults.mask);
}

/// Runs in the memory of the parent, which waits, until the program is executed.
static int child(void *argument) {
    start *start = argument;
    const par_command *command = start->command;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent may have been killed before the line above.
    if (getppid() != start->parent) _exit(127);
    setpgid(0, 0);
    if (command->mark != 0) par_set_mark(command->mark);
    if (par_default_timer_slack() != 0) prctl(PR_SET_TIMERSLACK, par_default_timer_slack());
    umask((mode_t)command->umask);
    start->step = PAR_COMMAND_CHDIR;
    if (chdir(command->directory) < 0) goto failed;
    start->step = PAR_COMMAND_DUP;
    for (int fd = 0; fd < 3; fd++) {
        // The three are above 2, so none is overwritten before its turn, and dup2 clears CLOEXEC.
        if (dup2(command->descriptors[fd], fd) < 0) goto failed;
    }
    close_range(3, UINT_MAX, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    listen_again();
    if (command->inherited != NULL) start->later = par_inherit(command->inherited);
    start->step = PAR_COMMAND_EXECVE;
    execve(command->path, command->arguments + 1, command->environment);
    if (errno == ENOEXEC) {
        // A script without a first line that says by what: the shell's, as execvp(3) has it.
        command->arguments[0] = "sh";
        command->arguments[1] = (char *)command->path;
        execve("/bin/sh", command->arguments, command->environment);
    }
failed:
    start->error = errno;
    _exit(127);
}

int32_t par_command_start(const par_command *command, int32_t *pidfd, int32_t *step) {
    start start = {.command = command, .parent = getpid()};
    char stack[16384] __attribute__((aligned(16)));
    sigset_t all, mask;
    sigfillset(&all);
    // No handler runs in the child, in whose memory this thread's is.
    pthread_sigmask(SIG_SETMASK, &all, &mask);
    int pid = clone(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &start, pidfd);
    int32_t error = pid < 0 ? errno : start.error;
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    *step = pid < 0 ? PAR_COMMAND_CLONE : start.step;
    if (error == 0 && start.later != 0) par_inherit_later(pid, command->inherited);
    if (error == 0) return pid;
    if (pid > 0) {
        waitid(P_PIDFD, (id_t)*pidfd, &(siginfo_t){0}, WEXITED);
        close(*pidfd);
    }
    return -error;
}

int32_t par_pipe(int32_t ends[2]) {
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    // Of a pipe's end just made this can't fail.
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return 0;
}

int32_t par_pending(int32_t fd) {
    int count = 0;
    return ioctl(fd, FIONREAD, &count) < 0 ? -errno : count;
}

static uint64_t nanoseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_usec * 1000;
}

int32_t par_command_reap(int32_t pidfd, par_usage *usage) {
    siginfo_t info = {0};
    struct rusage used = {0};
    while (syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED, &used) < 0) {
        if (errno != EINTR) return -errno;
    }
    usage->status = info.si_status;
    usage->killed = info.si_code != CLD_EXITED;
    usage->user_nanoseconds = nanoseconds(used.ru_utime);
    usage->system_nanoseconds = nanoseconds(used.ru_stime);
    usage->peak_bytes = (uint64_t)used.ru_maxrss * 1024;
    return 0;
}
