/* What the parts of the library know of a lease. */
#ifndef PAR_LEASE_PARTS_H
#define PAR_LEASE_PARTS_H

#include "par-lease.h"
#include "par-stream.h"
#include <pthread.h>

/* How far a task is, as this side knows it: nothing of it is read from memory that others write. */
enum { SLOT_FREE, SLOT_RESERVED, SLOT_OUT, SLOT_ENDED, SLOT_DELIVERED };

typedef struct {
    /* The task that has the slot. */
    uint64_t id;
    uint64_t user;
    /* Blocks that its input has. */
    uint32_t first_block, blocks;
    uint8_t state;
    /* Whether it was taken back. */
    uint8_t is_cancelled;
    /* Bytes that were asked for. */
    size_t reserved;
} lease_slot;

struct par_lease {
    par_stream stream;
    uint32_t has_results;
    /* Whether who waits for a result stays awake for longer: results have come so of late. */
    uint32_t is_patient;
    /* To the daemon, where workers ring, and where this side's other threads do. */
    int socket, bell, nudge;
    /* All that follows is used under it. */
    pthread_mutex_t lock;
    lease_slot *slots;
    /* Slots that are free: the one that was freed last is used next, as its memory is the warmest. */
    uint32_t *free_slots;
    uint32_t free_count;
    /* Words of the ended bits that have ever been used. */
    uint32_t used_words;
    /* Whose the blocks of inputs are, and where looking for some begins. */
    uint32_t *input_owners;
    uint32_t input_hint;
    /* Where in the queue the next task is put, and a place up to which those before are known to be passed. */
    uint64_t tail, passed;
    /* Tasks on their way, those that have ended and not been delivered, and a ring of twice as many as there are slots
       in which these stand, beside some that have been delivered since. */
    uint32_t out, ended;
    uint64_t *ended_ids;
    uint64_t ended_first, ended_end;
    /* Whether a thread waits for the bell, on how many of whom others count: they wait for `changes`. */
    int has_leader;
    uint32_t followers;
    uint32_t changes;
    int is_over;
    uint64_t losses;
    /* What has come of a reply, and the last one. */
    char *reply;
    size_t reply_size, reply_room;
    char *last;
    size_t last_size;
};

/* Connects to a daemon: a descriptor, or an error number negated, with its reason in `error`. */
int lease_connect(const char *path, int64_t nanoseconds, char *error, size_t room);
/* Sends the call. */
int lease_ask(int socket, const par_lease_options *options, char *error, size_t room);
/* Waits for the first reply, which brings the descriptors, or says why there is no lease. */
int lease_hear_grant(int socket, int descriptors[2], int64_t nanoseconds, char *error, size_t room);
/* Takes in what the daemon has sent meanwhile, without waiting. */
void lease_hear(par_lease *lease);

uint64_t lease_now(void);

/* A part of a text of JSON. */
typedef struct {
    const char *start, *end;
} json_part;

/* The value of a member of the object `object`; nothing where there is none. */
json_part json_member(json_part object, const char *name);
/* Copies a string's text, as far as it fits, with a NUL behind it; escapes stay as they are. */
void json_copy(json_part string, char *text, size_t room);

#endif
