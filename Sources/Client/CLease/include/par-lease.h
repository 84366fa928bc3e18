/*
 * par-lease.h: warm workers of pard for a program of your own, in any language that can call C.
 *
 *     #include <par-lease.h>
 *
 *     par_lease *lease;
 *     char error[256];
 *     par_lease_options options = PAR_LEASE_OPTIONS;
 *     options.workload = "native";
 *     const char *arguments[] = {"function", "/home/me/libshout.so:shout", NULL};
 *     options.arguments = arguments;
 *     options.processes = 2;
 *     if (par_lease_open(&options, &lease, error, sizeof error) < 0) ...;
 *
 *     uint64_t id;
 *     par_result result;
 *     if (par_lease_put(lease, "hello", 5, 0, &id) == 0 && par_lease_wait(lease, id, &result, -1) == 0) {
 *         fwrite(result.bytes, 1, result.size, stdout);
 *         par_lease_release(lease, id);
 *     }
 *     par_lease_close(lease);
 *
 *     cc -o mine mine.c -lparlease
 *
 * A lease is a number of workers that are this program's for as long as it wants, and memory that both share: a task costs no
 * message and no copy on the way. It is at its best for many small tasks; for a few large ones a run (`parctl run`) does as well.
 *
 * Every function may be called on any thread at any time. None ends the program, whatever happens to the daemon and its workers
 * and whatever they have written. Those that return an int or a long return 0 or more, or an error number negated (errno.h).
 * Times are nanoseconds: below 0 a function waits for as long as it takes, at 0 it only looks.
 */
#ifndef PAR_LEASE_H
#define PAR_LEASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What this header describes. A later one has more members at the end of its structures. */
#define PAR_LEASE_VERSION 2

typedef struct par_lease par_lease;

/* What is wanted of the daemon. Begin with PAR_LEASE_OPTIONS. */
typedef struct {
    /* PAR_LEASE_VERSION: programs that were made with an older header have an older one, and none of the later members. */
    uint32_t version;
    /* 0, or how many workers may die of a task until it is lost: with 1, its worker takes it along. 1 where it is 0. */
    uint32_t attempts;
    /* Where the daemon is: a path, or `@` and an abstract name. NULL for $PARD_SOCKET, or the first of $XDG_RUNTIME_DIR/pard/pard.sock
       and /run/pard/pard.sock. */
    const char *socket;
    /* A workload that `parctl workloads` lists, whose tasks are given nothing or bytes: noop, native, python, ... */
    const char *workload;
    /* Its options, as parctl has them: a name and a value, a name and a value, ..., NULL. NULL for none. */
    const char *const *arguments;
    /* Processes of one thread each; or, without processes, threads of one process; with both, processes of so many threads each.
       With neither, what the daemon thinks right. */
    uint32_t processes, threads;
    /* Tasks that can be on their way at a time: a power of two, 0 for 4096. */
    uint32_t tasks;
    uint32_t unused;
    /* Room for inputs of more than 160 bytes and for results of more than 128; 0 for 32 MiB each, or
     * what the daemon has. Memory is taken as it is used. */
    uint64_t input_bytes, result_bytes;
    /* How long to wait for the daemon's answer; 0 for 10 seconds. */
    int64_t timeout;
    /* Since version 2. Where workers of an interpreter are at home, and the variables that they are made with, NAME=value, ..., NULL.
       NULL for this program's own directory, which all of its threads have in common, and its own variables. */
    const char *directory;
    const char *const *environment;
} par_lease_options;

#define PAR_LEASE_OPTIONS {PAR_LEASE_VERSION, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL}

/* How a task has ended. */
enum {
    PAR_TASK_OK = 2,
    /* `failure` is its workload's, and `bytes` are the words in which the task says why. */
    PAR_TASK_FAILED = 3,
    /* Its worker has died, see PAR_LOST_...: `failure` says how. */
    PAR_TASK_LOST = 4,
    /* It was cancelled before it began, or the lease ended before it did. */
    PAR_TASK_CANCELLED = 5,
};

/* How a worker has died: `failure` is one of these times 65536, plus the number of the signal or the exit code. */
enum { PAR_LOST_SIGNAL = 1, PAR_LOST_EXIT = 2, PAR_LOST_MEMORY = 3, PAR_LOST_UNKNOWN = 4 };

/* What has become of a task. */
typedef struct {
    /* What it has handed back, where it stands: it stays until the task is released. Workers can still write there. */
    const void *bytes;
    size_t size;
    /* The task, and what par_lease_put was given with it. */
    uint64_t id, user;
    /* What it has returned, of workloads that hand back no bytes. */
    int64_t value;
    /* When it was begun and when it had ended, of CLOCK_MONOTONIC. */
    uint64_t start, stop;
    /* What a worker has had of its processor since it last looked, and how many tasks share that; 0 for most. */
    uint64_t cpu;
    uint32_t cpu_tasks;
    uint32_t pid;
    uint32_t failure;
    uint16_t worker;
    /* PAR_TASK_OK, ... */
    uint8_t state;
    /* How many workers have died of it. */
    uint8_t deaths;
} par_result;

/*
 * Leases workers. They may come up later: tasks can be put at once.
 *
 * Where it fails, `error` has the reason in words, cut off at its size.
 */
int par_lease_open(const par_lease_options *options, par_lease **lease, char *error, size_t error_size);

/* Ends the lease, and lets go of all that belongs to it: no result may be read after. A task that runs is told to stop. */
void par_lease_close(par_lease *lease);

/*
 * Puts a task in. `user` comes back with its result.
 *
 * -EAGAIN: as many tasks are on their way, or have not been released, as there is room for, or their inputs have taken all of it:
 * take results and release them. -E2BIG: the input is larger than all the room. -EPIPE: the lease is over.
 */
int par_lease_put(par_lease *lease, const void *input, size_t size, uint64_t user, uint64_t *id);

/*
 * The same for `count` tasks, whose inputs stand one behind the other; `users` and `ids` may be NULL. Returns how many were put:
 * fewer where there is no room for more, and -EAGAIN where there is none for the first.
 */
long par_lease_put_many(
    par_lease *lease, const void *inputs, const uint64_t *sizes, const uint64_t *users, size_t count, uint64_t *ids);

/* Takes room for the input of a task, to be written there and handed in by par_lease_submit. NULL where there is none. */
void *par_lease_reserve(par_lease *lease, size_t size, uint64_t *id);
/* Hands in a task whose input is written, of at most as many bytes as were reserved. */
int par_lease_submit(par_lease *lease, uint64_t id, size_t size, uint64_t user);

/*
 * Waits for one task. It is delivered once: by this function, or by par_lease_take.
 *
 * -ETIMEDOUT; -EINTR: a signal has come; -ENOENT: there is no such task, or it has been delivered; -EPIPE: the lease is over, and
 * the task has not ended.
 */
int par_lease_wait(par_lease *lease, uint64_t id, par_result *result, int64_t nanoseconds);

/*
 * Waits until `least` tasks have ended that nobody was told of, and delivers up to `room` of them: how many. Fewer than `least`
 * where no others are on their way, or the time is up. 0 and 1 for `least` are the same.
 *
 * -EINTR, -EPIPE as above, where there is none to be delivered; -ETIMEDOUT where none has ended in time.
 */
long par_lease_take(par_lease *lease, par_result *results, size_t room, size_t least, int64_t nanoseconds);

/* Lets go of a task that has been delivered, with its input and its result. */
void par_lease_release(par_lease *lease, uint64_t id);
void par_lease_release_many(par_lease *lease, const uint64_t *ids, size_t count);

/* Takes a task back that no worker has begun: it is delivered as cancelled. -EBUSY: one has. -ENOENT: there is no such task. */
int par_lease_cancel(par_lease *lease, uint64_t id);

/* 1 where a worker has begun a task or is about to, or it has ended; 0 where none has. -ENOENT: there is no such task. */
int par_lease_begun(par_lease *lease, uint64_t id);

/* How many tasks are on their way: put, and not delivered. */
size_t par_lease_pending(par_lease *lease);

/* Workers of the lease. */
uint32_t par_lease_workers(const par_lease *lease);

/* 1 once the lease is over: its daemon has ended or taken it back. */
int par_lease_is_over(par_lease *lease);

/* Worker processes that have died and been replaced, as far as has been heard. */
uint64_t par_lease_losses(par_lease *lease);

/*
 * Ends the lease's work: tasks that have not ended are cancelled. What the daemon's last word was, the receipt or an error, is
 * put into `receipt` as JSON with a NUL behind it, cut off at `room`; `*size` is how long it is. Results can be taken as before.
 */
int par_lease_finish(par_lease *lease, char *receipt, size_t room, size_t *size, int64_t nanoseconds);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
