// The functions of the interpreter that are used, as the process has them. Objects are void *, sizes ptrdiff_t.
#pragma once
#include <stddef.h>

/// Each with what it returns, its name and what it takes.
#define FUNCTIONS(EACH) \
    EACH(void *, PyObject_CallFunctionObjArgs, void *, ...) \
    EACH(void *, PyObject_GetAttrString, void *, const char *) \
    EACH(void *, PyObject_Type, void *) \
    EACH(void *, PySequence_GetItem, void *, ptrdiff_t) \
    EACH(void *, PyList_New, ptrdiff_t) \
    EACH(int, PyList_Append, void *, void *) \
    EACH(void *, PyMemoryView_FromMemory, const void *, ptrdiff_t, int) \
    EACH(int, PyObject_IsTrue, void *) \
    EACH(void *, PyUnicode_DecodeUTF8, const char *, ptrdiff_t, const char *) \
    EACH(int, PyBytes_AsStringAndSize, void *, char **, ptrdiff_t *) \
    EACH(char *, PyBytes_AsString, void *) \
    EACH(long long, PyLong_AsLongLongAndOverflow, void *, int *) \
    EACH(void, PyErr_Clear, void) \
    EACH(void, PyErr_Restore, void *, void *, void *) \
    EACH(void, PyErr_PrintEx, int) \
    EACH(void *, PyException_GetTraceback, void *) \
    EACH(void, Py_IncRef, void *) \
    EACH(void, PyErr_Fetch, void **, void **, void **) \
    EACH(void, PyErr_NormalizeException, void **, void **, void **) \
    EACH(int, PyException_SetTraceback, void *, void *) \
    EACH(void *, PyEval_SaveThread, void) \
    EACH(void, PyEval_RestoreThread, void *) \
    EACH(int, PyGILState_Ensure, void) \
    EACH(void, PyGILState_Release, int) \
    EACH(int, PyThreadState_SetAsyncExc, unsigned long, void *) \
    EACH(unsigned long, PyThread_get_thread_ident, void) \
    EACH(void, PyOS_BeforeFork, void) \
    EACH(void, PyOS_AfterFork_Parent, void) \
    EACH(void, PyOS_AfterFork_Child, void) \
    EACH(void, Py_DecRef, void *)

struct par_python_interface {
#define MEMBER(result, name, ...) result (*name)(__VA_ARGS__);
    FUNCTIONS(MEMBER)
    /// NULL in versions that lack it.
    void *(*PyErr_GetRaisedException)(void);
    void *(*PyObject_Vectorcall)(void *, void *const *, size_t, void *);
    void *none;
    /// The type of whole numbers.
    void *integer;
};

/// Filled in by par_python_load, while the process has one thread.
extern struct par_python_interface python;
