// Libraries that are loaded when they are needed, by name: their functions as pointers.
#pragma once
#include <stdint.h>

/// What is needed of OpenBLAS. The prototypes are those of cblas.h with 32-bit integers.
typedef struct {
    void (*sgemm)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a, int lda,
                  const float *b, int ldb, float beta, float *c, int ldc);
    void (*dgemm)(int order, int trans_a, int trans_b, int m, int n, int k, double alpha, const double *a, int lda,
                  const double *b, int ldb, double beta, double *c, int ldc);
    int (*get_num_threads)(void);
    void (*set_num_threads)(int);
} par_blas;

/// CBLAS's numbers for the arrangement of matrices.
enum { PAR_ROW_MAJOR = 101, PAR_NO_TRANS = 111 };

/// Loads OpenBLAS, which starts threads: never to be called in a process that is going to fork.
/// Returns 0, or -1 if `file` or a function in it is missing.
int32_t par_blas_load(const char *file, par_blas *blas);

/// Loads libcurl. It starts no thread and may be in a process that is going to fork.
/// Returns 0, or -1 if `file` or a function in it is missing. Not to be called on two threads at a time.
int32_t par_curl_load(const char *file);
/// Has the loaded libcurl ready for use in this process, which is not going to fork any more. Returns 0 or -1, likewise.
int32_t par_curl_start(void);
