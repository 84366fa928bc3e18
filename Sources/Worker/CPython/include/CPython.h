// CPython's C interface in the process that has it: an interpreter that has loaded this library.
//
// Nothing of Python's headers is used, and no layout of its objects is assumed: functions are looked up by name, objects are
// pointers. So one library does for every version, for builds with and without the GIL, and for interpreters that are linked
// with libpython or have it inside.
#pragma once
#include <par.h>
#include <stddef.h>
#include <stdint.h>

/// Finds the interpreter's functions in this process. Returns NULL, or the name of the first one that it lacks.
const char *par_python_load(void);

/// Forks with all handlers: those of the C library, by which OpenBLAS and others get over it, and Python's. The child's parent is
/// the parent of this process or another of its forebears: the nearest that is a subreaper. Returns once that is so, in both
/// processes: the child's pid, 0 in the child, or a negative errno.
///
/// The calling thread must hold the GIL.
int32_t par_python_fork(void);

// The GIL. Each thread lets it go and takes it again in turns.

/// Lets the GIL go while this thread waits.
void par_python_release(void);
/// Takes it back.
void par_python_take(void);
/// Makes this thread one of Python's, and takes the GIL.
void par_python_enter(void);
/// This thread is none of Python's any more.
void par_python_leave(void);

/// What a worker's tasks print, and where: two files to which nobody but this worker and what it starts adds.
typedef struct {
    int32_t output, errors;
    /// Whether anything may have been written without Python's streams: by C code, or by what a task has started.
    int32_t sees_all;
    /// Not 0 once one of Python's streams was written to since the last look.
    uint8_t is_written;
    /// Not 0 where the last task has made one of the files longer.
    uint8_t has_spoken;
    /// Called without arguments, to have Python's streams write what they hold. Owned.
    void *flush;
    /// The two files' ends when they were last looked at.
    uint64_t output_end, errors_end;
    uint64_t looked_at;
} par_python_printed;

/// What one worker needs for the tasks of a job. The objects are owned.
typedef struct {
    void *function;
    /// Called with a task's input as text, for the function's argument; NULL where that is the text itself.
    void *decode;
    /// Called with a result, for bytes.
    void *encode;
    /// Called with an exception, for its text in bytes.
    void *explain;
    /// Whether the function is given an argument.
    int32_t has_input;
    /// Whether numbers and None needn't be encoded by `encode`.
    int32_t is_json;
    /// NULL where nobody wants to know what tasks print.
    par_python_printed *printed;
    /// How long a task may take until it is interrupted, and then until it is ended with its process; 0 for ever.
    uint64_t timeout_ns, grace_ns;
    /// Called in a signal handler, to note that a task has taken too long: with `ledger` and the task's number.
    void (*expire)(void *ledger, uint64_t task);
    void *ledger;
    /// The most memory of its own that the process may have until `is_full` is set after a task, in pages; 0 for no bound.
    uint64_t most_pages;
    uint64_t measured_at;
    uint8_t is_full;
} par_python_job;

/// Calls the job's function for a task; `task->state` is the job. The result's bytes are the task's result; the text of what was
/// raised is why it fails. The calling thread must hold the GIL.
int32_t par_python_task(par_task *task);

/// The memory that this process shares with nobody and has in no file, in pages, as far as that can be told at once.
uint64_t par_python_pages(void);

/// Has the job's function do a task of a lease: it is called with the input where it stands, as a memoryview, and returns the
/// result's bytes. Otherwise as par_python_task.
int32_t par_python_lease_task(par_task *task);

/// Whether an object is Python's False.
int32_t par_python_is_false(void *object);

/// The classes of the exceptions that are raised in a task which nobody waits for any more, and in one that takes too long. There
/// for good.
void par_python_exceptions(void *cancelled, void *late);
/// Has the calling thread's tasks be interrupted from now on. `place` is memory of par_python_worker_size() bytes that is the
/// worker's until par_python_forget. The calling thread must hold the GIL. -1 where that can't be.
int32_t par_python_expect(int32_t is_alone, void *place);
size_t par_python_worker_size(void);
void par_python_forget(void);
/// Why the calling thread's task is to be interrupted: 1 where nobody waits for it any more, 2 where it takes too long; else 0.
int32_t par_python_interrupted(void);

/// Calls the method `name` of `object` with the texts and returns what it returns, or NULL where it has raised something, whose
/// text is in `error` then. The calling thread must hold the GIL.
void *par_python_call(void *object, const char *name, const char *const *texts, size_t count, char *error, size_t size);
/// The item `index` of a tuple, owned; NULL for None.
void *par_python_item(void *tuple, size_t index);
/// Lets an object go; NULL is none.
void par_python_drop(void *object);

/// Prints an exception as the interpreter does one that nobody has caught.
void par_python_print(void *exception);
