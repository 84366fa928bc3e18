#define _GNU_SOURCE
#include "CPython.h"
#include "interface.h"
#include "interrupt.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct par_python_interface python;

const char *par_python_load(void) {
#define FIND(result, name, ...) \
    if (!(*(void **)&python.name = dlsym(RTLD_DEFAULT, #name))) return #name;
    FUNCTIONS(FIND)
    // Of some versions only.
    *(void **)&python.PyErr_GetRaisedException = dlsym(RTLD_DEFAULT, "PyErr_GetRaisedException");
    *(void **)&python.PyObject_Vectorcall = dlsym(RTLD_DEFAULT, "PyObject_Vectorcall");
    if (!(python.none = dlsym(RTLD_DEFAULT, "_Py_NoneStruct"))) return "_Py_NoneStruct";
    if (!(python.integer = dlsym(RTLD_DEFAULT, "PyLong_Type"))) return "PyLong_Type";
    return NULL;
}

// MARK: The GIL

/// What a thread of Python's has let go; NULL while it holds the GIL.
static __thread void *released;
static __thread int32_t entered;

void par_python_release(void) { released = python.PyEval_SaveThread(); }

void par_python_take(void) {
    if (!released) return;
    python.PyEval_RestoreThread(released);
    released = NULL;
}

void par_python_enter(void) { entered = python.PyGILState_Ensure(); }
void par_python_leave(void) { python.PyGILState_Release(entered); }

// MARK: Calls

static void *call(void *function, void *argument) {
    if (!python.PyObject_Vectorcall) return python.PyObject_CallFunctionObjArgs(function, argument, NULL);
    return python.PyObject_Vectorcall(function, &argument, argument ? 1 : 0, NULL);
}

/// What was raised, which is raised no longer; NULL where nothing was.
static void *raised(void) {
    if (python.PyErr_GetRaisedException) return python.PyErr_GetRaisedException();
    void *type = NULL, *value = NULL, *traceback = NULL;
    python.PyErr_Fetch(&type, &value, &traceback);
    if (!type) return NULL;
    python.PyErr_NormalizeException(&type, &value, &traceback);
    if (value && traceback) python.PyException_SetTraceback(value, traceback);
    par_python_drop(type);
    par_python_drop(traceback);
    return value;
}

/// Says in the task why it fails.
static int32_t fail(par_task *task, const par_python_job *job) {
    void *exception = raised();
    void *text = exception ? call(job->explain, exception) : NULL;
    par_python_drop(exception);
    char *bytes = NULL;
    ptrdiff_t size = 0;
    if (text && python.PyBytes_AsStringAndSize(text, &bytes, &size) == 0) {
        par_fail_bytes(task, 1, bytes, (size_t)size);
    } else {
        python.PyErr_Clear();
        par_fail(task, 1, "it raised what can't be told");
    }
    par_python_drop(text);
    return 1;
}

/// Writes a number as JSON has it. -1 where it has more than 64 bits.
static int put_integer(par_task *task, void *number) {
    int isBeyond = 0;
    long long value = python.PyLong_AsLongLongAndOverflow(number, &isBeyond);
    if (isBeyond) return -1;
    char text[24];
    char *end = text + sizeof text, *next = end;
    unsigned long long rest = value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;
    do *--next = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0) *--next = '-';
    par_write(task, next, (size_t)(end - next));
    return 0;
}

/// Makes what the function has returned the task's result. -1 where something was raised.
static int put(par_task *task, const par_python_job *job, void *result) {
    if (job->is_json) {
        // An empty result is None.
        if (result == python.none) return 0;
        void *type = python.PyObject_Type(result);
        int isDone = type == python.integer && put_integer(task, result) == 0;
        par_python_drop(type);
        if (isDone) return 0;
    }
    void *encoded = call(job->encode, result);
    if (!encoded) return -1;
    char *bytes = NULL;
    ptrdiff_t size = 0;
    int status = python.PyBytes_AsStringAndSize(encoded, &bytes, &size);
    if (status == 0) par_write(task, bytes, (size_t)size);
    par_python_drop(encoded);
    return status;
}

static int32_t run(par_task *task, const par_python_job *job) {
    void *argument = NULL;
    if (job->has_input) {
        argument =
            python.PyUnicode_DecodeUTF8(task->input ? task->input : "", (ptrdiff_t)task->input_size, "surrogateescape");
        if (argument && job->decode) {
            void *decoded = call(job->decode, argument);
            par_python_drop(argument);
            argument = decoded;
        }
        if (!argument) return fail(task, job);
    }
    void *result = call(job->function, argument);
    par_python_drop(argument);
    if (!result) return fail(task, job);
    int status = put(task, job, result);
    par_python_drop(result);
    return status == 0 ? 0 : fail(task, job);
}

// MARK: What tasks print

/// A task that takes less can't have written anything, and looking would take longer.
enum { SHORTEST_WRITE_NS = 1500 };

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t end_of(int32_t file, uint64_t before) {
    struct stat status;
    return fstat(file, &status) == 0 ? (uint64_t)status.st_size : before;
}

/// Finds out what the task has printed.
static void look(par_python_printed *printed) {
    uint64_t time = printed->sees_all ? now() : 0;
    int mayHaveWritten = printed->sees_all && time - printed->looked_at >= SHORTEST_WRITE_NS;
    printed->looked_at = time;
    printed->has_spoken = 0;
    if (!printed->is_written && !mayHaveWritten) return;
    if (printed->is_written) {
        printed->is_written = 0;
        void *nothing = call(printed->flush, NULL);
        if (!nothing) python.PyErr_Clear();
        par_python_drop(nothing);
    }
    uint64_t output = end_of(printed->output, printed->output_end), errors = end_of(printed->errors, printed->errors_end);
    printed->has_spoken = output != printed->output_end || errors != printed->errors_end;
    printed->output_end = output;
    printed->errors_end = errors;
}

uint64_t par_python_pages(void) {
    char text[128];
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0) close(file);
    if (size <= 0) return 0;
    text[size] = 0;
    // The whole, what is resident, and what of that is in files and shared memory.
    unsigned long long resident = 0, shared = 0;
    if (sscanf(text, "%*u %llu %llu", &resident, &shared) != 2) return 0;
    return resident > shared ? resident - shared : 0;
}

/// Measuring takes a hundredth of this.
enum { MEASURE_NS = 1000000 };

/// Notes when the process has grown by more than it may.
static void measure(par_python_job *job) {
    if (!job->most_pages || job->is_full) return;
    uint64_t time = now();
    if (time - job->measured_at < MEASURE_NS) return;
    job->measured_at = time;
    job->is_full = par_python_pages() > job->most_pages;
}

int32_t par_python_task(par_task *task) {
    par_python_job *job = task->state;
    par_python_begin_work(task, job);
    int32_t code = run(task, job);
    par_python_end_work(job);
    if (job->printed) look(job->printed);
    measure(job);
    return code;
}

/// PyBUF_READ
enum { READ_ONLY = 0x100 };

int32_t par_python_lease_task(par_task *task) {
    par_python_job *job = task->state;
    void *view = python.PyMemoryView_FromMemory(task->input ? task->input : "", (ptrdiff_t)task->input_size, READ_ONLY);
    void *result = view ? call(job->function, view) : NULL;
    par_python_drop(view);
    if (!result) return fail(task, job);
    char *bytes = NULL;
    ptrdiff_t size = 0;
    int status = python.PyBytes_AsStringAndSize(result, &bytes, &size);
    if (status == 0) par_write(task, bytes, (size_t)size);
    par_python_drop(result);
    measure(job);
    return status == 0 ? 0 : fail(task, job);
}

int32_t par_python_is_false(void *object) {
    return python.PyObject_IsTrue(object) == 0;
}

void *par_python_call(void *object, const char *name, const char *const *texts, size_t count, char *error, size_t size) {
    void *list = python.PyList_New(0);
    for (size_t index = 0; list && index < count; index++) {
        void *text = python.PyUnicode_DecodeUTF8(texts[index], (ptrdiff_t)strlen(texts[index]), "surrogateescape");
        if (text) python.PyList_Append(list, text);
        par_python_drop(text);
    }
    void *method = list ? python.PyObject_GetAttrString(object, name) : NULL;
    void *result = method ? call(method, list) : NULL;
    par_python_drop(method);
    par_python_drop(list);
    if (result) return result;
    void *exception = raised();
    void *explain = python.PyObject_GetAttrString(object, "explain");
    void *text = explain && exception ? call(explain, exception) : NULL;
    const char *bytes = text ? python.PyBytes_AsString(text) : NULL;
    snprintf(error, size, "%s", bytes ? bytes : "it raised what can't be told");
    par_python_drop(text);
    par_python_drop(explain);
    par_python_drop(exception);
    python.PyErr_Clear();
    return NULL;
}

void *par_python_item(void *tuple, size_t index) {
    void *item = python.PySequence_GetItem(tuple, (ptrdiff_t)index);
    if (item != python.none) return item;
    par_python_drop(item);
    return NULL;
}

void par_python_drop(void *object) {
    if (object) python.Py_DecRef(object);
}

void par_python_print(void *exception) {
    python.Py_IncRef(exception);
    python.PyErr_Restore(python.PyObject_Type(exception), exception, python.PyException_GetTraceback(exception));
    python.PyErr_PrintEx(1);
}
