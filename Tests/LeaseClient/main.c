/*
 * A client of leases, as somebody would write one: puts a text through a function of a library, a word a task, and prints what
 * comes back in the order of the words.
 *
 *     lease-client SOCKET LIBRARY:FUNCTION WORD...
 */
#include <par-lease.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int complain(const char *what, long code) {
    fprintf(stderr, "%s: %s\n", what, strerror((int)-code));
    return 1;
}

int main(int count, char **words) {
    if (count < 4) return complain("usage: lease-client SOCKET LIBRARY:FUNCTION WORD...", 0);
    const char *arguments[] = {"function", words[2], NULL};
    par_lease_options options = PAR_LEASE_OPTIONS;
    options.socket = words[1];
    options.workload = "native";
    options.arguments = arguments;
    options.processes = 2;
    options.attempts = 3;
    par_lease *lease;
    char text[4096];
    if (par_lease_open(&options, &lease, text, sizeof text) < 0) {
        fprintf(stderr, "%s\n", text);
        return 1;
    }
    size_t tasks = (size_t)count - 3;
    uint64_t *ids = calloc(tasks, sizeof *ids);
    int status = ids ? 0 : 1;
    for (size_t task = 0; task < tasks && status == 0; task++) {
        const char *word = words[task + 3];
        int code = par_lease_put(lease, word, strlen(word), task, &ids[task]);
        if (code < 0) status = complain("put", code);
    }
    for (size_t task = 0; task < tasks && status == 0; task++) {
        par_result result;
        int code = par_lease_wait(lease, ids[task], &result, -1);
        if (code < 0) {
            status = complain("wait", code);
            break;
        }
        if (result.state != PAR_TASK_OK || result.user != task) status = 1;
        printf("%.*s\n", (int)result.size, (const char *)result.bytes);
        par_lease_release(lease, ids[task]);
    }
    size_t size = 0;
    int code = par_lease_finish(lease, text, sizeof text, &size, -1);
    if (code < 0) status = complain("finish", code);
    fprintf(stderr, "%s\n", text);
    par_lease_close(lease);
    free(ids);
    return status;
}
