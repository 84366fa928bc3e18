/*
 * Clients of leases, by the library that is tried: one that counts what becomes of many tasks, one that uses its lease until it is
 * killed, and one that writes all over what it shares with its workers.
 *
 *     leases SOCKET fire TASKS WORKERS ATTEMPTS LIBRARY FILE
 *     leases SOCKET use SEED
 *     leases SOCKET hostile SECONDS SEED
 */
#define _GNU_SOURCE
#include "lease.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t seed;

static uint64_t chance(void) {
    seed += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = (seed ^ (seed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

static par_lease *open_lease(const char *socket, const char *workload, const char *const *arguments, uint32_t workers,
                             uint32_t threads, uint32_t attempts) {
    par_lease_options options = PAR_LEASE_OPTIONS;
    options.socket = socket;
    options.workload = workload;
    options.arguments = arguments;
    options.processes = workers;
    options.threads = threads;
    options.attempts = attempts;
    par_lease *lease;
    char error[512];
    if (par_lease_open(&options, &lease, error, sizeof error) == 0) return lease;
    printf("refused %s\n", error);
    exit(3);
}

/* Has every task done whose number its input is, and counts how each ended, and how often. */
static int fire(const char *socket, uint64_t tasks, uint32_t workers, uint32_t attempts, const char *library,
                const char *file) {
    char function[4096], input[4096];
    snprintf(function, sizeof function, "%s:mark", library);
    const char *arguments[] = {"function", function, NULL};
    par_lease *lease = open_lease(socket, "native", arguments, workers, 0, attempts);
    size_t path = strlen(file) + 1;
    memcpy(input + 8, file, path);
    uint8_t *ends = calloc(tasks, 1);
    static par_result results[1024];
    uint64_t ids[1024], put = 0, ended = 0, twice = 0, strange = 0, states[6] = {0}, reruns = 0;
    if (!ends) return 1;
    printf("ready\n");
    fflush(stdout);
    while (ended < tasks) {
        int is_full = 0;
        for (int more = 0; more < 256 && put < tasks && !is_full; more++) {
            memcpy(input, &put, 8);
            int code = par_lease_put(lease, input, 8 + path, put, NULL);
            if (code == -EAGAIN) is_full = 1;
            else if (code < 0) {
                printf("over after %lu\n", (unsigned long)ended);
                return 1;
            } else put++;
        }
        long count = par_lease_take(lease, results, 1024, is_full || put == tasks ? 64 : 1,
                                    is_full || put == tasks ? INT64_C(30000000000) : 0);
        if (count == -ETIMEDOUT && !(is_full || put == tasks)) continue;
        if (count <= 0) {
            printf("stalled %ld with %lu of %lu\n", count, (unsigned long)ended, (unsigned long)put);
            return 1;
        }
        for (long index = 0; index < count; index++) {
            par_result *result = &results[index];
            ids[index] = result->id;
            if (result->user >= tasks || result->state > 5 || result->state < 2) {
                strange++;
                continue;
            }
            if (ends[result->user]++) twice++;
            else ended++;
            states[result->state]++;
            if (result->state == PAR_TASK_OK && result->deaths > 0) reruns++;
            if (result->state == PAR_TASK_LOST && result->deaths < attempts) strange++;
            if (result->state == PAR_TASK_LOST && result->failure != (1u << 16 | 9)) strange++;
        }
        par_lease_release_many(lease, ids, (size_t)count);
    }
    static char receipt[1 << 16];
    size_t size = 0;
    int code = par_lease_finish(lease, receipt, sizeof receipt, &size, INT64_C(20000000000));
    printf("{\"ok\":%lu,\"failed\":%lu,\"lost\":%lu,\"cancelled\":%lu,\"twice\":%lu,\"strange\":%lu,\"reruns\":%lu,"
           "\"losses\":%lu,\"finish\":%d,\"receipt\":%s}\n",
           (unsigned long)states[2], (unsigned long)states[3], (unsigned long)states[4], (unsigned long)states[5],
           (unsigned long)twice, (unsigned long)strange, (unsigned long)reruns, (unsigned long)par_lease_losses(lease), code,
           size > 0 ? receipt : "null");
    par_lease_close(lease);
    return 0;
}

/* Uses a lease for as long as it lives. */
static int use(const char *socket) {
    const char *sleeping[] = {"for", "2ms", NULL};
    int sleeps = chance() % 2 == 0, threaded = chance() % 3 == 0;
    uint32_t workers = 1 + (uint32_t)(chance() % 4);
    par_lease *lease =
        open_lease(socket, sleeps ? "sleep" : "noop", sleeps ? sleeping : NULL, threaded ? 0 : workers, threaded ? workers : 0, 2);
    printf("ready\n");
    fflush(stdout);
    while (1) {
        par_result results[64];
        for (uint64_t more = chance() % 64; more > 0; more--)
            if (par_lease_put(lease, "input", chance() % 6, 0, NULL) < 0) break;
        long count = par_lease_take(lease, results, 64, 1 + chance() % 8, (int64_t)(chance() % 3000000));
        if (count == -EPIPE) return 1;
        for (long index = 0; index < count; index++) par_lease_release(lease, results[index].id);
    }
}

/* Writes anything anywhere in the memory that it shares with workers and daemon, and goes on to use it meanwhile. */
static int hostile(const char *socket, double seconds) {
    par_lease *lease = open_lease(socket, "noop", NULL, 2, 0, 1);
    uint64_t *words = (uint64_t *)lease->stream.base;
    uint64_t count = lease->stream.at.inputs / 8, end = lease_now() + (uint64_t)(seconds * 1e9), rounds = 0, ends = 0;
    par_stream_head *head = (par_stream_head *)lease->stream.base;
    printf("ready\n");
    fflush(stdout);
    while (lease_now() < end) {
        par_result results[64];
        rounds++;
        switch (chance() % 6) {
        case 0: /* all of it */
            for (uint64_t word = 0; word < count; word++) words[word] = chance();
            break;
        case 1: /* the head, as it might be */
            head->next = chance();
            head->tail = head->next + chance() % (2 * lease->stream.shape.slots + 2);
            head->again = (uint32_t)chance() % 2;
            break;
        case 2: /* claims that hold together, by pids that may be workers' */
            for (uint32_t slot = 0; slot < lease->stream.shape.slots; slot++) {
                par_stream_entry *entry = par_stream_entry_of(&lease->stream, slot);
                entry->id = (chance() % 1000) << lease->stream.slot_bits | slot;
                entry->claim = par_stream_use(&lease->stream, entry->id) | chance() % 5000;
                entry->input = chance();
                entry->input_size = chance() % 2 ? chance() : chance() % 10000;
            }
            break;
        case 3: /* single words */
            for (int times = 0; times < 1000; times++) words[chance() % count] = chance();
            break;
        case 4: /* nobody sleeps, everybody sleeps */
            for (int word = 0; word < 4; word++) head->asleep[word] = chance() % 2 ? UINT64_MAX : chance();
            head->spinner = (uint32_t)chance();
            head->parked = (uint32_t)chance() % 2;
            for (uint32_t seat = 0; seat < lease->stream.shape.seats; seat++)
                par_stream_seat_of(&lease->stream, seat)->bell = (uint32_t)chance();
            break;
        default: /* as it should be */
            memset(words + 8, 0, (count - 8) * 8);
        }
        for (int more = 0; more < 20; more++)
            if (par_lease_put(lease, "12345678", chance() % 9, chance(), NULL) < 0) break;
        long taken = par_lease_take(lease, results, 64, 1, 1000000);
        for (long index = 0; index < taken; index++) {
            /* What is delivered can be read, whatever it says. */
            const volatile uint8_t *bytes = results[index].bytes;
            if (bytes && results[index].size > 0) ends += bytes[0] + bytes[results[index].size - 1];
            par_lease_release(lease, results[index].id);
        }
        if (par_lease_is_over(lease)) {
            printf("over after %lu rounds\n", (unsigned long)rounds);
            return 2;
        }
    }
    printf("done %lu %lu\n", (unsigned long)rounds, (unsigned long)(ends % 10));
    par_lease_close(lease);
    return 0;
}

int main(int count, char **words) {
    if (count == 8 && strcmp(words[2], "fire") == 0)
        return fire(words[1], strtoull(words[3], NULL, 10), (uint32_t)atoi(words[4]), (uint32_t)atoi(words[5]), words[6], words[7]);
    if (count == 4 && strcmp(words[2], "use") == 0) {
        seed = strtoull(words[3], NULL, 10);
        return use(words[1]);
    }
    if (count == 5 && strcmp(words[2], "hostile") == 0) {
        seed = strtoull(words[4], NULL, 10);
        return hostile(words[1], atof(words[3]));
    }
    return 64;
}
