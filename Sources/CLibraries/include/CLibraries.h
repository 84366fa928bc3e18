// Libraries that are loaded when they are needed, by name: their functions as pointers.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Room for why a library can't be loaded, with its NUL.
enum { PAR_LOAD_ERROR_SIZE = 1024 };

/// Loads a shared library, with all of its symbols bound and none of them offered to others. NULL where that can't be
/// done, with the dynamic linker's reason in `error`.
void *par_library_open(const char *file, char *error, size_t size);
/// Loads a shared library in a process of its own, which ends then. Only for a process with one thread.
/// Returns 0; 1 if loading it starts threads, so that it can't be loaded by a process that is going to fork; or -1, with
/// the reason in `error`.
int32_t par_library_try(const char *file, char *error, size_t size);

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
/// Has the loaded libcurl ready for use in this process, which is not going to fork any more: from
/// then on the process ignores SIGPIPE. Returns 0 or -1, likewise.
int32_t par_curl_start(void);

/// An HTTP client, for one thread: it keeps connections open from one request to the next.
typedef struct par_client par_client;
/// NULL without memory.
par_client *par_client_new(void);
void par_client_free(par_client *client);

/// A request. Texts are the caller's and end with NUL.
typedef struct {
    const char *url;
    const char *method;
    /// Lines of `Name: value`.
    const char *const *headers;
    size_t header_count;
    /// NULL for none.
    const char *body;
    /// The most bytes that the body of the response may have.
    uint64_t limit_bytes;
    uint64_t connect_timeout_ms;
    /// For the whole of it, redirects included.
    uint64_t timeout_ms;
    /// The most redirects that are followed.
    uint32_t redirect_limit;
    /// Where the body of a response that is no error goes; -1 for nowhere.
    int32_t file;
    /// Not 0 once nobody waits for the response any more.
    const uint32_t *cancelled;
} par_request;

/// How a request ended.
enum {
    PAR_FETCHED = 0,
    /// For the reason in `error`.
    PAR_FETCH_FAILED = 1,
    PAR_FETCH_CANCELLED = 2,
    /// The body is larger than allowed.
    PAR_FETCH_TOO_LARGE = 3,
    /// Writing the file failed with `write_errno`.
    PAR_FETCH_NOT_WRITTEN = 4,
};

/// What came of a request. Times are in nanoseconds since its beginning, as curl tells them: to the whole microsecond, and
/// over all redirects together; 0 for what did not happen.
typedef struct {
    int32_t end;
    /// HTTP's; 0 without a response.
    int32_t status;
    int32_t write_errno;
    uint32_t redirects;
    /// Connections that had to be made; 0 where one that was open did.
    uint32_t connections;
    /// Of the body.
    uint64_t bytes;
    uint64_t lookup_ns;
    uint64_t connect_ns;
    uint64_t tls_ns;
    uint64_t first_byte_ns;
    /// Why it failed, in curl's words.
    char error[256];
} par_response;

void par_fetch(par_client *client, const par_request *request, par_response *response);
