/* How a lease begins and ends. */
#define _GNU_SOURCE
#include "lease.h"
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PATIENCE INT64_C(10000000000)

static int fail(int code, char *error, size_t room, const char *reason) {
    if (error && room > 0) snprintf(error, room, "%s: %s", reason, strerror(code));
    return -code;
}

/* Maps the memory file, whose head says of what shape it is: once, before it is believed. */
static int map(par_lease *lease, int file, char *error, size_t room) {
    struct stat status;
    if (fstat(file, &status) < 0) return fail(errno, error, room, "fstat");
    if (status.st_size < (off_t)PAR_STREAM_PAGE) return fail(EPROTO, error, room, "the lease's memory is too small");
    size_t size = (size_t)status.st_size;
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
    if (base == MAP_FAILED) return fail(errno, error, room, "the lease's memory can't be mapped");
    par_stream_head head;
    memcpy(&head, base, sizeof head);
    if (head.magic != PAR_STREAM_MAGIC || !par_stream_is_shape(head.shape) ||
        par_stream_lay_out(head.shape).size != size) {
        munmap(base, size);
        return fail(EPROTO, error, room, "the daemon is of another version than this library");
    }
    lease->stream = par_stream_at(base, head.shape);
    lease->has_results = head.has_results;
    return 0;
}

static int prepare(par_lease *lease) {
    uint32_t slots = lease->stream.shape.slots;
    lease->slots = calloc(slots, sizeof *lease->slots);
    lease->free_slots = calloc(slots, sizeof *lease->free_slots);
    lease->ended_ids = calloc(2 * (size_t)slots, sizeof *lease->ended_ids);
    lease->input_owners = calloc(lease->stream.shape.input_blocks + 1, sizeof *lease->input_owners);
    if (!lease->slots || !lease->free_slots || !lease->ended_ids || !lease->input_owners) return -1;
    for (uint32_t slot = 0; slot < slots; slot++) {
        lease->slots[slot].id = slot;
        lease->free_slots[slots - 1 - slot] = slot;
    }
    lease->free_count = slots;
    return 0;
}

int par_lease_open(const par_lease_options *given, par_lease **lease, char *error, size_t error_size) {
    int descriptors[2] = {-1, -1};
    if (error && error_size > 0) error[0] = 0;
    *lease = NULL;
    if (given->version < 1) return fail(EINVAL, error, error_size, "options without a version");
    /* What an older program doesn't know is not there, and unset. */
    par_lease_options own_options = {0}, *options = &own_options;
    memcpy(options, given, given->version < 2 ? offsetof(par_lease_options, directory) : sizeof *options);
    int64_t patience = options->timeout > 0 ? options->timeout : DEFAULT_PATIENCE;
    par_lease *own = calloc(1, sizeof *own);
    if (!own) return fail(ENOMEM, error, error_size, "lease");
    own->bell = own->nudge = -1;
    pthread_mutex_init(&own->lock, NULL);
    int code = own->socket = lease_connect(options->socket, patience, error, error_size);
    if (code >= 0) code = lease_ask(own->socket, options, error, error_size);
    if (code >= 0) code = lease_hear_grant(own->socket, descriptors, patience, error, error_size);
    if (code >= 0) code = map(own, descriptors[0], error, error_size);
    if (code >= 0 && prepare(own) < 0) code = fail(ENOMEM, error, error_size, "lease");
    if (code >= 0 && (own->nudge = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        code = fail(errno, error, error_size, "eventfd");
    if (descriptors[0] >= 0) close(descriptors[0]);
    own->bell = descriptors[1];
    if (code < 0) {
        par_lease_close(own);
        return code;
    }
    *lease = own;
    return 0;
}

void par_lease_close(par_lease *lease) {
    if (!lease) return;
    if (lease->stream.base) munmap(lease->stream.base, lease->stream.at.size);
    if (lease->socket >= 0) close(lease->socket);
    if (lease->bell >= 0) close(lease->bell);
    if (lease->nudge >= 0) close(lease->nudge);
    pthread_mutex_destroy(&lease->lock);
    free(lease->slots);
    free(lease->free_slots);
    free(lease->ended_ids);
    free(lease->input_owners);
    free(lease->reply);
    free(lease->last);
    free(lease);
}

uint32_t par_lease_workers(const par_lease *lease) {
    return lease->stream.shape.seats;
}
