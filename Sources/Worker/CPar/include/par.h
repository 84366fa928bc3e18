/*
 * par.h: functions of your own for the warm workers of pard.
 *
 *     #include <par.h>
 *
 *     PAR_EXPORT int shout(par_task *task)
 *     {
 *         const char *text = task->input;
 *         char *loud = par_resize(task, task->input_size);
 *         if (!loud) return 1;
 *         for (size_t i = 0; i < task->input_size; i++)
 *             loud[i] = text[i] >= 'a' && text[i] <= 'z' ? text[i] - 32 : text[i];
 *         return 0;
 *     }
 *
 *     cc -O2 -shared -fPIC -o libshout.so shout.c
 *     parctl run native ./libshout.so:shout --threads 2 hello world
 *
 * A function is called once for each task, on whichever worker is free: on several threads of a process at a time, where the
 * run has threads. One that is killed or crashes takes its worker process with it, and what it was at is run again on another
 * one, up to three times. Bytes are bytes: inputs and results needn't be text, and have no NUL at their end.
 */
#ifndef PAR_H
#define PAR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#define PAR_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define PAR_EXPORT __attribute__((visibility("default")))
#endif

/* What this header describes. A later one has more members at the end of par_task. */
#define PAR_VERSION 1

typedef struct par_task par_task;

/* One task, as its function sees it. What it points to is the worker's and there until the function returns. */
struct par_task {
    /* PAR_VERSION of the worker. */
    uint32_t version;
    /* The worker's number within the run, from 0. */
    uint32_t worker;
    /* The task's number within the run, from 0. */
    uint64_t number;
    /* What the task is given. Not to be written to, and not aligned to anything. */
    const void *input;
    size_t input_size;
    /* What NAME_setup has left there for this worker; NULL without one. */
    void *state;
    /* Not 0 once nobody waits for the task any more, and once it has had its time, see par_is_cancelled. */
    const volatile uint32_t *cancelled;
    const volatile uint32_t *expired;
    /*
     * The result as far as it has come, and how long it may get where it is. Used by the functions below, as all that follows:
     * so most results cost no call.
     */
    void *result;
    size_t result_size;
    size_t result_room;
    void *(*resize)(par_task *task, size_t size);
    int (*write)(par_task *task, const void *bytes, size_t size);
    void (*fail)(par_task *task, const char *text, size_t size);
    /* The worker's own. */
    void *internal;
};

/*
 * A function NAME of a library: does one task.
 *
 * Returns 0, or a number of its own choice from -32768 to 32767 for a task that has failed.
 */
typedef int par_function(par_task *task);

/*
 * NAME_setup, which a library may have beside NAME: called on each worker before its first task of that function. What it
 * stores in *state is the worker's own for as long as the worker is there, over many runs.
 *
 * Returns 0; anything else fails the tasks that this worker takes.
 */
typedef int par_setup(void **state);

/* NAME_teardown: called when the worker ends in good order. One that is killed has no time for it. */
typedef void par_teardown(void *state);

/*
 * Whether nobody waits for the task any more, or it has taken longer than --timeout allows. A function that takes long asks now
 * and then, and returns anything then. One that goes on after its time has its worker process killed.
 */
static inline int par_is_cancelled(const par_task *task)
{
    return *task->cancelled != 0 || *task->expired != 0;
}

/*
 * Makes the task's result `size` bytes long and keeps what it holds already as far as that goes; at first it is empty.
 *
 * Returns where it begins: memory that the client gets as it is, without a copy on the way; it is aligned as malloc's. It
 * moves when it grows, so take the address anew. NULL where a result may not be that long (--result-limit, --results-limit):
 * the task fails then, whatever its function returns.
 */
static inline void *par_resize(par_task *task, size_t size)
{
    if (size > task->result_room) return task->resize(task, size);
    task->result_size = size;
    return task->result;
}

/* Adds bytes at the end of the task's result. Returns 0; or -1 where par_resize would return NULL. */
static inline int par_write(par_task *task, const void *bytes, size_t size)
{
    size_t end = task->result_size;
    if (end > task->result_room || size > task->result_room - end) return task->write(task, bytes, size);
    memcpy((char *)task->result + end, bytes, size);
    task->result_size = end + size;
    return 0;
}

/*
 * Says why the task fails, in words of any length, which take the place of its result. Returns `code`, for the function to
 * return:
 *
 *     if (!found) return par_fail(task, 2, "there is no such word");
 */
static inline int par_fail(par_task *task, int code, const char *text)
{
    task->fail(task, text, strlen(text));
    return code;
}

/* The same with a text that has no NUL at its end. */
static inline int par_fail_bytes(par_task *task, int code, const char *text, size_t size)
{
    task->fail(task, text, size);
    return code;
}

#ifdef __cplusplus
}
#endif

#endif
