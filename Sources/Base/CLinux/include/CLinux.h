// What Swift can't spell: raw and variadic system calls, macros, and a loop that the optimiser leaves alone.
// Calls return what the kernel returns: 0 or more, or a negative errno.
#pragma once
#include <poll.h>
#include <spawn.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

/// Forks this single-threaded process without running glibc's fork handlers. The child's parent is this process's
/// parent. Returns 0 in the child.
int32_t par_fork_sibling(void);

/// Finds where Swift's runtime keeps the calling thread's ID, for a child that is about to be forked. Returns in how many places;
/// 0 where it doesn't yet.
int32_t par_find_thread_id(void);

/// Has the runtime ask for the ID anew, in the child. To be called before there is another thread.
void par_forget_thread_id(void);

int32_t par_futex_wait(const uint32_t *word, uint32_t expected, const struct timespec *relative_timeout);
int32_t par_futex_wake(const uint32_t *word, int32_t count);

int32_t par_memfd_create(const char *name);
/// Forbids shrinking the memory file, so that no holder can make another's mapping fault.
int32_t par_memfd_seal_size(int32_t fd);
/// Forbids to change the memory file in any way.
int32_t par_memfd_seal(int32_t fd);
/// 1 for a memory file that nobody can write to or make shorter any more.
int32_t par_memfd_is_sealed(int32_t fd);
int32_t par_memory_release(int32_t fd, uint64_t offset, uint64_t length);

/// Gives memory that is free in this process back to the system.
void par_trim_heap(void);
/// Has this process's program hold no page of its code and constants until it is used again.
void par_release_code(void);

int32_t par_pidfd_open(int32_t pid);
int32_t par_pidfd_send_signal(int32_t pidfd, int32_t signal);
/// The same for the group that the process leads. -EINVAL where the kernel knows no such thing.
int32_t par_pidfd_signal_group(int32_t pidfd, int32_t signal);

/// What wait4 says of a child that has ended.
typedef struct {
    int32_t pid;
    /// The exit code, or the signal's number where `killed` is not 0.
    int32_t status;
    int32_t killed;
} par_exit;

/// Reaps the process of `pidfd`, waiting for its end if `waits`; otherwise 0 in `exit->pid` while it still runs.
int32_t par_pidfd_reap(int32_t pidfd, int32_t waits, par_exit *exit);
/// The pid of a child that has ended and is not reaped yet; 0 if there is none.
int32_t par_ended_child(void);
int32_t par_reap(int32_t pid);

/// 0 where the process of `pidfd` is a child of this one that has not been reaped, running or not.
int32_t par_is_child(int32_t pidfd);
/// 1 where the child of `pidfd` is stopped by a signal now, 0 where it isn't.
int32_t par_is_stopped(int32_t pidfd);
/// The signal that has stopped the child of `pidfd` since this was last asked; 0 where none has.
int32_t par_take_stop(int32_t pidfd);
/// Reaps a child that has ended; 0 in `exit->pid` while it still runs.
int32_t par_reap_child(int32_t pid, par_exit *exit);
/// Has processes whose parents have ended, and which descend from this one, be its children.
int32_t par_adopt_orphans(void);
/// Takes SIGCHLD from now on, for good: a descriptor, closed on exec and the same at each call, that is readable once a child has
/// ended or stopped since it was emptied; or a negative errno.
int32_t par_child_changes(void);
/// Empties it.
void par_child_changes_seen(int32_t fd);
/// Lets no other process without privileges look into this one, or at what it has open.
int32_t par_deny_inspection(void);
/// Has the kernel end this process, and those that it will start, before others where memory is short: adds `by` to what
/// /proc/self/oom_score_adj says, up to 1000. Without privileges not after par_deny_inspection().
int32_t par_offer_memory(int32_t by);

/// Has a program to be spawned start with no descriptor from `first` on.
int32_t par_spawn_close_from(posix_spawn_file_actions_t *actions, int32_t first);

/// Has a program to be spawned start in a directory.
int32_t par_spawn_chdir(posix_spawn_file_actions_t *actions, const char *directory);

/// How long the calling thread has been ready to run and had no processor, in nanoseconds; 0 where the kernel doesn't tell.
uint64_t par_thread_delay(void);
/// Sends a signal to one thread of a process.
int32_t par_signal_thread(int32_t pid, int32_t tid, int32_t signal);

/// Polls for at most so many nanoseconds (-1: for ever), during which this thread lets `signal` through.
int32_t par_poll_unblocking(struct pollfd *descriptors, uint32_t count, int64_t nanoseconds, int32_t signal);

/// Makes a pipe with CLOEXEC on both ends, of which the reading one doesn't block.
int32_t par_pipe(int32_t ends[2]);
/// Gives a file a name that no other has; -EEXIST where one has.
int32_t par_rename_new(const char *from, const char *to);
/// How many bytes can be read from a pipe now.
int32_t par_pending(int32_t fd);

/// What a process hands on to the programs that it starts, as numbers: the places of an array.
enum {
    /// Signals that are ignored: bit n - 1 for signal n.
    PAR_INHERITED_SIGNALS,
    PAR_INHERITED_NICE,
    /// As ioprio_get(2) has it.
    PAR_INHERITED_IO,
    /// As /proc/PID/oom_score_adj has it.
    PAR_INHERITED_OOM,
    /// As sched_getscheduler(2) has it.
    PAR_INHERITED_POLICY,
    /// From here on the soft and the hard limit of each resource, in the order of their numbers; -1 for none.
    PAR_INHERITED_LIMITS,
    /// From here on the processors that it may run on: bit n % 32 of number n / 32 for processor n. All are
    /// PAR_NOT_INHERITED where they are not known, or not to be changed.
    PAR_INHERITED_CPUS = PAR_INHERITED_LIMITS + 2 * 16,
    PAR_INHERITED_COUNT = PAR_INHERITED_CPUS + 32
};
/// Stands for what is not known, or not to be changed.
#define PAR_NOT_INHERITED INT64_MIN

/// Reads this process's into `values`, of which there are PAR_INHERITED_COUNT.
void par_inheritance_read(int64_t *values);

/// A command to be started.
typedef struct {
    const char *path;
    /// Ended by NULL. The first place is free; the command's own name comes second.
    char **arguments;
    char *const *environment;
    const char *directory;
    int32_t umask;
    /// The command's descriptors 0, 1 and 2.
    int32_t descriptors[3];
    /// What the command and all that it starts are known by, see par_set_mark; 0 for nothing.
    uint64_t mark;
    /// What else it is to have, as far as this process may give it: PAR_INHERITED_COUNT numbers, or NULL.
    const int64_t *inherited;
} par_command;

/// What was done when a command could not be started.
typedef enum { PAR_COMMAND_CLONE, PAR_COMMAND_CHDIR, PAR_COMMAND_DUP, PAR_COMMAND_EXECVE } par_command_step;

/// Starts the command in a process group of its own that dies with the calling thread, and returns once the program is
/// in it; its pid, or a negative errno. The calling thread's memory is borrowed until then, so nothing is copied.
/// `*pidfd` is the process's; `*step` is what failed.
int32_t par_command_start(const par_command *command, int32_t *pidfd, int32_t *step);

/// How a process ended and what it took, its reaped children included.
typedef struct {
    int32_t status;
    int32_t killed;
    uint64_t user_nanoseconds;
    uint64_t system_nanoseconds;
    uint64_t peak_bytes;
} par_usage;

/// Waits for the end of the process of `pidfd` and reaps it.
int32_t par_command_reap(int32_t pidfd, par_usage *usage);

/// The most descriptors that the kernel lets one message carry (SCM_MAX_FD).
#define PAR_DESCRIPTORS 253

/// Receives what has come on a stream socket, or waits for it if `waits`: how many bytes, 0 at the end of the stream, or a
/// negative errno. `descriptors` has room for PAR_DESCRIPTORS, of which `*count` came with these bytes, closed on exec.
int64_t par_receive(int32_t fd, void *buffer, size_t size, int32_t *descriptors, int32_t *count, int32_t waits);
/// Sends what a stream socket takes without waiting, `descriptors` with its first byte: how many bytes, or a negative errno.
int64_t par_send(int32_t fd, const void *bytes, size_t size, const int32_t *descriptors, int32_t count);
/// Has the kernel say who sends what is received on this socket.
int32_t par_expect_credentials(int32_t fd);
/// Receives a number and a descriptor on such a socket, without waiting: how many bytes, or a negative errno. `*pid` is the
/// sender's, 0 where the kernel doesn't say, and `*answer` the descriptor, closed on exec, -1 without one.
int64_t par_receive_request(int32_t fd, uint64_t *number, int32_t *pid, int32_t *answer);
/// Accepts a connection that doesn't block and is closed on exec; -EAGAIN where none waits.
int32_t par_accept(int32_t listener);
/// Takes a datagram that has come, and says who has sent it; 0 where the kernel doesn't know. Descriptors with it are closed.
int64_t par_receive_note(int32_t fd, void *buffer, size_t size, int32_t *pid);

/// Marks this process, and all that it starts from now on: with the soft RLIMIT_LOCKS, which the kernel has had no use for
/// since Linux 2.4.25 and hands on to children and through execve(2). 0 takes the mark away.
int32_t par_set_mark(uint64_t mark);

int32_t par_die_with_parent(void);
int32_t par_set_name(const char *name);
/// Sets how far this thread's timers may be put off. Commands have what it was at the first call.
int32_t par_set_timer_slack(uint64_t nanoseconds);
/// What it was before the first call of the function above; 0 without one.
uint64_t par_default_timer_slack(void);
int32_t par_gettid(void);
int32_t par_getcpu(void);
/// How many CPUs this thread may run on.
int32_t par_cpu_count(void);
int32_t par_pin(int32_t cpu);
/// Keeps the thread `tid` to the `index`th CPU after `cpu` among those that the calling thread may use.
int32_t par_place(int32_t tid, int32_t cpu, int32_t index);
/// Lets the thread `tid` use all CPUs that the calling thread may use.
int32_t par_set_free(int32_t tid);
/// Moves this thread to another CPU than `cpu`, if it may run on another, and leaves it free to move on.
int32_t par_leave_cpu(int32_t cpu);
/// Moves this thread to `cpu`, if it may run there, and leaves it free to move on.
int32_t par_visit_cpu(int32_t cpu);

/// One pause of a spinning loop.
static inline void par_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// `sum + from + (from + 1) + … + (to - 1)`, one dependent addition after the other.
uint64_t par_add_range(uint64_t sum, uint64_t from, uint64_t to);
