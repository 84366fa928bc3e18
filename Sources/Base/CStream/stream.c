#include "par-stream-settle.h"
#include <string.h>

/* The states of a record, as TaskRecord has them. */
enum { PENDING = 0, RUNNING = 1, OK = 2, FAILED = 3, LOST = 4, CANCELLED = 5 };

/* An owner that no process has: what stands in such blocks is the client's. */
#define PAR_OWNER_CLIENT UINT32_C(0xffffffff)

/* The task that is in a slot and who has claimed it, as far as they hold together; 0 where they don't. */
static int claim_of(const par_stream *s, uint32_t slot, uint64_t *id, uint32_t *claimant) {
    par_stream_entry *entry = par_stream_entry_of(s, slot);
    uint64_t claim = __atomic_load_n(&entry->claim, __ATOMIC_ACQUIRE);
    *id = __atomic_load_n(&entry->id, __ATOMIC_ACQUIRE);
    *claimant = (uint32_t)claim;
    /* A slot that has never been used has no task: clients count uses from 1. */
    return *id >> 63 == 0 && *id >> s->slot_bits != 0 && par_stream_slot(s, *id) == slot &&
        (par_stream_use(s, *id) | *claimant) == claim;
}

/* Writes a record whole, so that a client which reads it meanwhile sees the old one or this one. */
static void put_record(const par_stream *s, uint64_t id, const par_stream_record *record) {
    par_stream_record *place = par_stream_record_of(s, id);
    __atomic_store_n(&place->generation, 0, __ATOMIC_SEQ_CST);
    memcpy(place, record, offsetof(par_stream_record, generation));
    __atomic_store_n(&place->generation, record->generation, __ATOMIC_SEQ_CST);
}

static void end(const par_stream *s, uint64_t id, par_stream_record *record, uint8_t state, uint64_t now) {
    record->state = state;
    record->stop = now;
    record->value = 0;
    record->generation = id + 1;
    put_record(s, id, record);
    __atomic_fetch_or(par_stream_bits(s, s->at.ended, id), par_stream_bit(s, id), __ATOMIC_SEQ_CST);
}

static void hand_out_again(const par_stream *s, uint64_t id) {
    __atomic_store_n(&par_stream_entry_of(s, id)->claim, par_stream_use(s, id) | PAR_CLAIM_NOBODY, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(par_stream_bits(s, s->at.again, id), par_stream_bit(s, id), __ATOMIC_SEQ_CST);
}

/* Hands the blocks of a result to the client, so that what is left of the process's is nobody's. */
static void keep_blocks(const par_stream *s, int64_t value, uint32_t pid) {
    uint32_t first, count = par_stream_result_blocks(s, value, &first);
    for (uint32_t block = first; block < first + count; block++) {
        uint32_t owner = pid;
        /* One that the client has freed meanwhile stays free. */
        __atomic_compare_exchange_n(
            &par_stream_owners(s)[block], &owner, PAR_OWNER_CLIENT, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    }
}

static void free_blocks(const par_stream *s, uint32_t pid) {
    uint32_t *owners = par_stream_owners(s);
    for (uint32_t block = 0; block < s->shape.result_blocks; block++) {
        uint32_t owner = pid;
        if (__atomic_load_n(&owners[block], __ATOMIC_RELAXED) == pid)
            __atomic_compare_exchange_n(&owners[block], &owner, 0, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    }
}

par_settled par_stream_settle_death(
    const par_stream *s, uint32_t pid, uint32_t attempts, uint32_t failure, uint64_t now) {
    par_settled settled = {0};
    if (pid == PAR_CLAIM_NOBODY || pid >= PAR_CLAIM_RELEASED) return settled;
    for (uint32_t slot = 0; slot < s->shape.slots; slot++) {
        uint64_t id;
        uint32_t claimant;
        if (!claim_of(s, slot, &id, &claimant) || claimant != pid) continue;
        par_stream_record record = *par_stream_record_of(s, id);
        if (record.generation != id + 1 || record.state == PENDING) {
            settled.untouched++;
            hand_out_again(s, id);
            continue;
        }
        if (record.state != RUNNING) {
            /* It may have died before it could say so. */
            keep_blocks(s, record.value, pid);
            __atomic_fetch_or(par_stream_bits(s, s->at.ended, id), par_stream_bit(s, id), __ATOMIC_SEQ_CST);
            continue;
        }
        if (record.start > now) record.start = now;
        settled.nanoseconds += now - record.start;
        if (settled.first_start == 0 || record.start < settled.first_start) settled.first_start = record.start;
        if (record.deaths < UINT8_MAX) record.deaths++;
        if (record.deaths >= attempts) {
            settled.lost++;
            record.failure = failure;
            end(s, id, &record, LOST, now);
        } else {
            settled.rerun++;
            par_stream_record blank = {.generation = id + 1, .deaths = record.deaths};
            put_record(s, id, &blank);
            hand_out_again(s, id);
        }
    }
    free_blocks(s, pid);
    /* Also where nothing was handed out: the process may have died after it had taken the word for itself. */
    uint64_t again = 0;
    for (uint32_t slot = 0; slot < s->shape.slots; slot += 64)
        again |= __atomic_load_n(par_stream_bits(s, s->at.again, slot), __ATOMIC_ACQUIRE);
    if (again) __atomic_store_n(&par_stream_head_of(s)->again, 1, __ATOMIC_SEQ_CST);
    return settled;
}

int par_stream_is_at_task(const par_stream *s, uint32_t pid) {
    for (uint32_t slot = 0; slot < s->shape.slots; slot++) {
        uint64_t id;
        uint32_t claimant;
        if (!claim_of(s, slot, &id, &claimant) || claimant != pid) continue;
        const par_stream_record *record = par_stream_record_of(s, id);
        if (__atomic_load_n(&record->generation, __ATOMIC_ACQUIRE) == id + 1 && record->state == RUNNING) return 1;
    }
    return 0;
}

uint32_t par_stream_settle_all(const par_stream *s, uint64_t now) {
    uint32_t count = 0;
    for (uint32_t slot = 0; slot < s->shape.slots; slot++) {
        uint64_t id;
        uint32_t claimant;
        if (!claim_of(s, slot, &id, &claimant)) continue;
        if (claimant == PAR_CLAIM_RELEASED || claimant == PAR_CLAIM_CANCELLED) continue;
        par_stream_record record = *par_stream_record_of(s, id);
        int is_own = record.generation == id + 1;
        if (is_own && record.state >= OK) continue;
        if (!is_own || record.state == PENDING) memset(&record, 0, sizeof record);
        end(s, id, &record, CANCELLED, now);
        count++;
    }
    return count;
}

void par_stream_leave_seat(const par_stream *s, uint32_t seat) {
    uint32_t mark = seat + 1;
    par_stream_get_up(s, seat);
    __atomic_compare_exchange_n(
        &par_stream_head_of(s)->spinner, &mark, 0, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

uint32_t *par_stream_ring_seat(const par_stream *s, uint32_t seat) {
    uint32_t *bell = par_stream_bell(s, seat);
    __atomic_fetch_add(bell, 1, __ATOMIC_SEQ_CST);
    return bell;
}
