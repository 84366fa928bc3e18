#include "CLibraries.h"
#include <dlfcn.h>

/// Looks a function up; -1 if it is missing.
static int find(void *library, const char *name, void *pointer) {
    void *found = dlsym(library, name);
    // POSIX has functions and objects share the size of a pointer, which ISO C would not convert.
    *(void **)pointer = found;
    return found ? 0 : -1;
}

int32_t par_blas_load(const char *file, par_blas *blas) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) return -1;
    int missing = find(library, "cblas_sgemm", &blas->sgemm) | find(library, "cblas_dgemm", &blas->dgemm) |
                  find(library, "openblas_get_num_threads", &blas->get_num_threads) |
                  find(library, "openblas_set_num_threads", &blas->set_num_threads);
    return missing ? -1 : 0;
}
