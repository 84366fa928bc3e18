#define _GNU_SOURCE
// The jump below leaves one stack for another, which the checked one would take for a fault.
#undef _FORTIFY_SOURCE
#include "CPython.h"
#include "interface.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <linux/rseq.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// A forked child is to be the daemon's own, as all of its workers are, and fork(2) makes it this process's; clone(2) with
// CLONE_PARENT runs none of the handlers. So a helper in borrowed memory forks, with all handlers, and ends: the child is the
// nearest subreaper's then.

enum { HELPER_STACK = 1 << 16 };

// How long a child looks for its new parent: at most so many looks, with a rest between two.
enum { PARENT_LOOKS = 20000, LOOK_NANOSECONDS = 50000 };

/// Where the child goes on: its memory is a copy of this one's, with the frames of the thread that waits for the helper.
static jmp_buf home;
static volatile pid_t helper_id;
static volatile pid_t forked;
static volatile int fork_errno;

static int help(void *unused) {
    (void)unused;
    helper_id = getpid();
    pid_t child = fork();
    if (child == 0) _longjmp(home, 1);
    fork_errno = child < 0 ? errno : 0;
    forked = child;
    _exit(0);
}

/// Has the helper fork. The child's pid, or a negative errno. Doesn't return in the child.
static pid_t fork_by_helper(char *stack) {
    pid_t helper = clone(help, stack + HELPER_STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    if (helper < 0) return -errno;
    // Once it is reaped its child has its new parent.
    while (waitpid(helper, NULL, 0) < 0 && errno == EINTR) {}
    return forked < 0 ? -fork_errno : forked;
}

/// Waits until the helper is no longer this child's parent: its files are closed a moment before that, and a child that asks
/// meanwhile to die with its parent does so with the helper.
static void await_parent(void) {
    const struct timespec rest = {.tv_nsec = LOOK_NANOSECONDS};
    for (int looks = 0; looks < PARENT_LOOKS && getppid() == helper_id; looks++) nanosleep(&rest, NULL);
}

// What glibc 2.35 and later says of where the kernel tells each thread its processor.
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));

/// What glibc registers with: on x86, and on others that have none of their own here, the kernel takes any number.
#if defined(__aarch64__)
enum { RSEQ_SIGNATURE = 0xd428bc00 };
#else
enum { RSEQ_SIGNATURE = 0x53053053 };
#endif

/// Has the kernel tell this thread its processor again. A child goes on with that from its parent, but the helper, in borrowed
/// memory, has none: sched_getcpu(3) would say for ever where the zygote was.
static void register_processor(void) {
    if (!&__rseq_offset || !&__rseq_size || __rseq_size == 0) return;
    struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
    area->cpu_id_start = 0;
    area->rseq_cs = 0;
    area->cpu_id = (uint32_t)RSEQ_CPU_ID_UNINITIALIZED;
    // The first form's size, which every kernel takes.
    if (syscall(SYS_rseq, area, 32, 0, RSEQ_SIGNATURE) < 0) area->cpu_id = (uint32_t)RSEQ_CPU_ID_REGISTRATION_FAILED;
}

int32_t par_python_fork(void) {
    static char *stack;
    if (!stack) {
        void *place = mmap(NULL, HELPER_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        if (place == MAP_FAILED) return -errno;
        stack = place;
    }
    // By its hanging up the child knows that the helper is on its way out, or that this process has ended.
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    python.PyOS_BeforeFork();
    if (_setjmp(home)) {
        close(ends[1]);
        char byte;
        while (read(ends[0], &byte, 1) < 0 && errno == EINTR) {}
        close(ends[0]);
        await_parent();
        register_processor();
        python.PyOS_AfterFork_Child();
        return 0;
    }
    pid_t child = fork_by_helper(stack);
    close(ends[1]);
    close(ends[0]);
    python.PyOS_AfterFork_Parent();
    return child;
}
