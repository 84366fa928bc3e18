/*
 * The memory of a lease: what a client, its workers and the daemon share, and how each of them uses it.
 *
 * The client puts tasks in, workers claim and do them, and the client reads results where they are. No lock is held at any
 * time and nothing is sent for a task, so that anybody may die anywhere. Nobody trusts what stands here: whoever reads a place
 * or a size takes it within the bounds that the shape gives, which each of them has from elsewhere.
 *
 *     0        head       4096 bytes: the shape, and words for all, each on a cache line of its own
 *     ...      seats      64 bytes a worker
 *     ...      queue      8 bytes each, twice as many as there are slots: the ids of tasks in the order in which they were put
 *     ...      ended      a bit a slot: its task has ended, and the client has not looked since
 *     ...      again      a bit a slot: its task is to be claimed once more
 *     ...      records    64 bytes a slot, as in any job
 *     ...      entries    192 bytes a slot: its claim, its input, or where that stands
 *     ...      cells      128 bytes a slot: room for a small result
 *     ...      owners     4 bytes a block of results: 0, or whose it is
 *     ...      inputs     blocks of 4096 bytes
 *     ...      results    blocks of 4096 bytes
 *
 * A task's id is how often its slot has been used, from 1 on, times the number of slots, plus the slot: no two have the same.
 */
#ifndef PAR_STREAM_H
#define PAR_STREAM_H

#include <stdint.h>
#include <stddef.h>

/* Changes with the layout. */
#define PAR_STREAM_MAGIC 0x7061722d6c650001ull
#define PAR_STREAM_PAGE 4096u
#define PAR_STREAM_BLOCK 4096u
#define PAR_STREAM_SEAT 64u
#define PAR_STREAM_RECORD 64u
#define PAR_STREAM_ENTRY 192u
#define PAR_STREAM_ENTRY_HEAD 32u
#define PAR_STREAM_CELL 128u
/* The largest input that stands in its entry. */
#define PAR_STREAM_INLINE (PAR_STREAM_ENTRY - PAR_STREAM_ENTRY_HEAD)
#define PAR_STREAM_MOST_SEATS 256u
#define PAR_STREAM_MOST_SLOTS 65536u
#define PAR_STREAM_MOST_BLOCKS 8388608u

typedef struct {
    /* Tasks that can be on their way at a time: a power of two, from 64 on. */
    uint32_t slots;
    /* Workers. */
    uint32_t seats;
    uint32_t input_blocks;
    uint32_t result_blocks;
} par_stream_shape;

/* Where each part begins, in bytes. */
typedef struct {
    uint64_t seats, queue, ended, again, records, entries, cells, owners, inputs, results, size;
} par_stream_layout;

/* The words of the head. The shape is the daemon's and never read by it again. */
typedef struct {
    uint64_t magic;
    par_stream_shape shape;
    /* 1 where a task's value says where its result stands. */
    uint32_t has_results;

    uint8_t line1[64 - 32];
    /* Where in the queue tasks may be that nobody has claimed. A hint: skipping those that are claimed is always right. */
    uint64_t next;
    uint8_t line2[64 - 8];
    /* Where the next task is put: the client's. */
    uint64_t tail;
    uint8_t line3[64 - 8];
    /* 1 while there are tasks to be claimed once more, by the bits of `again`. */
    uint32_t again;
    uint8_t line4[64 - 4];
    /* Workers that sleep, a bit a seat. */
    uint64_t asleep[PAR_STREAM_MOST_SEATS / 64];
    uint8_t line5[64 - PAR_STREAM_MOST_SEATS / 8];
    /* The seat that waits awake, plus 1. On few processors more than one would be in the others' way. */
    uint32_t spinner;
    /* The client's processor, plus 1, while it waits for an end. */
    int32_t giver;
    uint8_t line6[64 - 8];
    /* 1 while the client sleeps, and after how many further ends it is to be woken. */
    uint32_t parked;
    int32_t awaited;
    uint8_t line7[64 - 8];
    /* Counted up where blocks of results are freed while a worker wants some; 1 while one does. */
    uint32_t freed;
    uint32_t wanting;
} par_stream_head;

/* A worker's place. */
typedef struct {
    /* Counted up to wake it; slept on. */
    uint32_t bell;
    uint8_t line[PAR_STREAM_SEAT - 4];
} par_stream_seat;

/* What the client says of a task. */
typedef struct {
    /* How often the slot has been used, times 2^32, plus who has claimed the task. */
    uint64_t claim;
    /* Where the input stands, from the memory's beginning. */
    uint64_t input;
    uint64_t input_size;
    /* The task's. */
    uint64_t id;
    uint8_t room[PAR_STREAM_INLINE];
} par_stream_entry;

/* Who has claimed a task, where it is not a worker's process. */
#define PAR_CLAIM_NOBODY UINT32_C(0)
#define PAR_CLAIM_CANCELLED UINT32_C(0xffffffff)
#define PAR_CLAIM_RELEASED UINT32_C(0xfffffffe)

/* A record as the client reads it, see TaskRecord. */
typedef struct {
    uint64_t start, stop, cpu;
    int64_t value;
    uint32_t pid, tid, cpu_tasks, failure;
    uint16_t seat;
    uint8_t deaths;
    uint8_t state;
    uint32_t unused;
    uint64_t generation;
} par_stream_record;

_Static_assert(sizeof(par_stream_head) <= PAR_STREAM_PAGE, "the head is a page");
_Static_assert(offsetof(par_stream_head, next) == 64 && offsetof(par_stream_head, parked) == 384, "lines");
_Static_assert(sizeof(par_stream_seat) == PAR_STREAM_SEAT, "a seat");
_Static_assert(sizeof(par_stream_entry) == PAR_STREAM_ENTRY, "an entry");
_Static_assert(sizeof(par_stream_record) == PAR_STREAM_RECORD, "a record");

/* The memory as one of its users sees it: mapped there, of this shape. */
typedef struct {
    uint8_t *base;
    par_stream_shape shape;
    par_stream_layout at;
    uint32_t slot_bits;
} par_stream;

static inline uint64_t par_stream_pages(uint64_t size) {
    return (size + PAR_STREAM_PAGE - 1) / PAR_STREAM_PAGE * PAR_STREAM_PAGE;
}

/* 1 where a stream can have this shape. */
static inline int par_stream_is_shape(par_stream_shape shape) {
    return shape.slots >= 64 && shape.slots <= PAR_STREAM_MOST_SLOTS && (shape.slots & (shape.slots - 1)) == 0 &&
        shape.seats >= 1 && shape.seats <= PAR_STREAM_MOST_SEATS && shape.input_blocks <= PAR_STREAM_MOST_BLOCKS &&
        shape.result_blocks <= PAR_STREAM_MOST_BLOCKS;
}

/* Where the parts of a stream of a shape that can be are. */
static inline par_stream_layout par_stream_lay_out(par_stream_shape shape) {
    par_stream_layout at;
    at.seats = PAR_STREAM_PAGE;
    at.queue = at.seats + (uint64_t)shape.seats * PAR_STREAM_SEAT;
    at.ended = at.queue + (uint64_t)shape.slots * 2 * sizeof(uint64_t);
    at.again = at.ended + shape.slots / 8;
    at.records = par_stream_pages(at.again + shape.slots / 8);
    at.entries = at.records + (uint64_t)shape.slots * PAR_STREAM_RECORD;
    at.cells = at.entries + (uint64_t)shape.slots * PAR_STREAM_ENTRY;
    at.owners = at.cells + (uint64_t)shape.slots * PAR_STREAM_CELL;
    at.inputs = par_stream_pages(at.owners + (uint64_t)shape.result_blocks * sizeof(uint32_t));
    at.results = at.inputs + (uint64_t)shape.input_blocks * PAR_STREAM_BLOCK;
    at.size = at.results + (uint64_t)shape.result_blocks * PAR_STREAM_BLOCK;
    return at;
}

/* A stream of a shape that can be, mapped at `base`. */
static inline par_stream par_stream_at(void *base, par_stream_shape shape) {
    par_stream stream = {(uint8_t *)base, shape, par_stream_lay_out(shape), 0};
    while ((UINT32_C(1) << stream.slot_bits) < shape.slots) stream.slot_bits++;
    return stream;
}

/* MARK: Places. All are within the memory, whatever the id. */

static inline par_stream_head *par_stream_head_of(const par_stream *s) {
    return (par_stream_head *)s->base;
}
static inline uint32_t par_stream_slot(const par_stream *s, uint64_t id) {
    return (uint32_t)id & (s->shape.slots - 1);
}
/* How often the slot has been used before and with this task, as far as a claim word tells it. */
static inline uint64_t par_stream_use(const par_stream *s, uint64_t id) {
    return (id >> s->slot_bits) << 32;
}
static inline par_stream_seat *par_stream_seat_of(const par_stream *s, uint32_t seat) {
    return (par_stream_seat *)(s->base + s->at.seats) + seat % s->shape.seats;
}
static inline par_stream_entry *par_stream_entry_of(const par_stream *s, uint64_t id) {
    return (par_stream_entry *)(s->base + s->at.entries) + par_stream_slot(s, id);
}
static inline par_stream_record *par_stream_record_of(const par_stream *s, uint64_t id) {
    return (par_stream_record *)(s->base + s->at.records) + par_stream_slot(s, id);
}
static inline uint64_t par_stream_cell(const par_stream *s, uint64_t id) {
    return s->at.cells + (uint64_t)par_stream_slot(s, id) * PAR_STREAM_CELL;
}
static inline uint64_t *par_stream_place(const par_stream *s, uint64_t position) {
    return (uint64_t *)(s->base + s->at.queue) + (position & (2 * (uint64_t)s->shape.slots - 1));
}
static inline uint64_t *par_stream_bits(const par_stream *s, uint64_t part, uint64_t id) {
    return (uint64_t *)(s->base + part) + par_stream_slot(s, id) / 64;
}
static inline uint64_t par_stream_bit(const par_stream *s, uint64_t id) {
    return UINT64_C(1) << (par_stream_slot(s, id) % 64);
}
static inline uint32_t *par_stream_owners(const par_stream *s) {
    return (uint32_t *)(s->base + s->at.owners);
}

/* MARK: Tasks */

/* 1 where the record is this task's, and says that it has ended. */
static inline int par_stream_has_ended(const par_stream *s, uint64_t id) {
    const par_stream_record *record = par_stream_record_of(s, id);
    if (__atomic_load_n(&record->generation, __ATOMIC_ACQUIRE) != id + 1) return 0;
    return __atomic_load_n(&record->state, __ATOMIC_ACQUIRE) >= 2;
}

/* Claims a task, which others may be about to do, too. Returns 1 where it is `pid`'s. Nobody puts ids of 64 bits. */
static inline int par_stream_claim_one(const par_stream *s, uint64_t id, uint32_t pid) {
    uint64_t use = par_stream_use(s, id), nobody = use | PAR_CLAIM_NOBODY;
    return id >> 63 == 0 && __atomic_compare_exchange_n(
        &par_stream_entry_of(s, id)->claim, &nobody, use | pid, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* How many tasks are in the queue that nobody has claimed, as far as the hint tells. */
static inline uint64_t par_stream_backlog(const par_stream *s) {
    par_stream_head *head = par_stream_head_of(s);
    uint64_t next = __atomic_load_n(&head->next, __ATOMIC_SEQ_CST);
    uint64_t tail = __atomic_load_n(&head->tail, __ATOMIC_SEQ_CST);
    /* More than there can be is what no client of this library puts there. */
    return tail - next <= 2 * (uint64_t)s->shape.slots ? tail - next : 0;
}

/* Whether there may be something to claim. */
static inline int par_stream_has_work(const par_stream *s) {
    return par_stream_backlog(s) > 0 || __atomic_load_n(&par_stream_head_of(s)->again, __ATOMIC_SEQ_CST) != 0;
}

/* Claims tasks that are to be done once more: how many. */
static inline uint32_t par_stream_claim_again(const par_stream *s, uint32_t pid, uint64_t *ids, uint32_t most) {
    par_stream_head *head = par_stream_head_of(s);
    uint32_t count = 0;
    if (__atomic_exchange_n(&head->again, 0, __ATOMIC_SEQ_CST) == 0) return 0;
    for (uint32_t slot = 0; slot < s->shape.slots; slot += 64) {
        uint64_t *word = par_stream_bits(s, s->at.again, slot);
        uint64_t bits = __atomic_load_n(word, __ATOMIC_ACQUIRE);
        while (bits) {
            uint64_t bit = bits & -bits;
            bits &= bits - 1;
            if (count == most) {
                __atomic_store_n(&head->again, 1, __ATOMIC_SEQ_CST);
                return count;
            }
            uint64_t place = slot + (uint64_t)__builtin_ctzll(bit);
            uint64_t id = __atomic_load_n(&par_stream_entry_of(s, place)->id, __ATOMIC_ACQUIRE);
            if (par_stream_slot(s, id) != place || !par_stream_claim_one(s, id, pid)) continue;
            /* Once it is claimed: a worker that dies before has lost nothing. A bit that stays finds its task taken. */
            __atomic_fetch_and(word, ~bit, __ATOMIC_ACQ_REL);
            ids[count++] = id;
        }
    }
    return count;
}

/* Claims up to `most` tasks of the queue for `pid`: how many. Looks at no more places than the queue has. */
static inline uint32_t par_stream_claim(const par_stream *s, uint32_t pid, uint64_t *ids, uint32_t most) {
    par_stream_head *head = par_stream_head_of(s);
    if (__atomic_load_n(&head->again, __ATOMIC_RELAXED) != 0) {
        uint32_t count = par_stream_claim_again(s, pid, ids, most);
        if (count > 0) return count;
    }
    for (uint64_t looks = 2 * (uint64_t)s->shape.slots; looks > 0;) {
        uint64_t next = __atomic_load_n(&head->next, __ATOMIC_RELAXED);
        uint64_t tail = __atomic_load_n(&head->tail, __ATOMIC_ACQUIRE);
        uint64_t there = tail - next;
        if (there == 0 || there > 2 * (uint64_t)s->shape.slots) return 0;
        uint64_t passed = 0;
        uint32_t count = 0;
        while (passed < there && count < most && looks > 0) {
            uint64_t id = __atomic_load_n(par_stream_place(s, next + passed), __ATOMIC_RELAXED);
            passed++;
            looks--;
            if (par_stream_claim_one(s, id, pid)) ids[count++] = id;
            /* Another one is at it: what comes next is left to that one, too, where this one has enough. */
            else if (count > 0) break;
        }
        __atomic_compare_exchange_n(&head->next, &next, next + passed, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
        if (count > 0) return count;
    }
    return 0;
}

/* Notes that a task has ended, whose record says so. Returns 1 where the client is to be rung. */
static inline int par_stream_note_end(const par_stream *s, uint64_t id) {
    par_stream_head *head = par_stream_head_of(s);
    __atomic_fetch_or(par_stream_bits(s, s->at.ended, id), par_stream_bit(s, id), __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&head->parked, __ATOMIC_SEQ_CST) == 0) return 0;
    if (__atomic_sub_fetch(&head->awaited, 1, __ATOMIC_SEQ_CST) > 0) return 0;
    return __atomic_exchange_n(&head->parked, 0, __ATOMIC_SEQ_CST) != 0;
}

/* Has the client look again whatever it waits for. Returns 1 where it is to be rung. */
static inline int par_stream_unpark(const par_stream *s) {
    return __atomic_exchange_n(&par_stream_head_of(s)->parked, 0, __ATOMIC_SEQ_CST) != 0;
}

/* MARK: Sleeping and waking */

/* Says that a worker is about to sleep. It must look once more whether there is work before it does. Returns its bell. */
static inline uint32_t par_stream_lie_down(const par_stream *s, uint32_t seat) {
    seat %= s->shape.seats;
    uint32_t bell = __atomic_load_n(&par_stream_seat_of(s, seat)->bell, __ATOMIC_ACQUIRE);
    __atomic_fetch_or(&par_stream_head_of(s)->asleep[seat / 64], UINT64_C(1) << (seat % 64), __ATOMIC_SEQ_CST);
    return bell;
}

static inline void par_stream_get_up(const par_stream *s, uint32_t seat) {
    seat %= s->shape.seats;
    __atomic_fetch_and(&par_stream_head_of(s)->asleep[seat / 64], ~(UINT64_C(1) << (seat % 64)), __ATOMIC_SEQ_CST);
}

static inline uint32_t *par_stream_bell(const par_stream *s, uint32_t seat) {
    return &par_stream_seat_of(s, seat)->bell;
}

/* Becomes the one that waits awake. Returns 0 where another one does. */
static inline int par_stream_spin_begin(const par_stream *s, uint32_t seat) {
    uint32_t nobody = 0;
    return __atomic_compare_exchange_n(
        &par_stream_head_of(s)->spinner, &nobody, seat + 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* Sequentially consistent: a client that saw it awake has put its task before, or this worker sees it now. */
static inline void par_stream_spin_end(const par_stream *s) {
    __atomic_store_n(&par_stream_head_of(s)->spinner, 0, __ATOMIC_SEQ_CST);
}

/* Picks a worker that sleeps, which nobody else picks then: what it sleeps on, to be woken; NULL where none does. */
static inline uint32_t *par_stream_pick_sleeper(const par_stream *s) {
    par_stream_head *head = par_stream_head_of(s);
    for (uint32_t word = 0; word < (s->shape.seats + 63) / 64; word++) {
        uint64_t bits = __atomic_load_n(&head->asleep[word], __ATOMIC_SEQ_CST);
        while (bits) {
            uint64_t bit = bits & -bits;
            uint32_t seat = word * 64 + (uint32_t)__builtin_ctzll(bit);
            uint64_t found = __atomic_fetch_and(&head->asleep[word], ~bit, __ATOMIC_SEQ_CST);
            bits = found & ~bit;
            if (!(found & bit) || seat >= s->shape.seats) continue;
            uint32_t *bell = &par_stream_seat_of(s, seat)->bell;
            __atomic_fetch_add(bell, 1, __ATOMIC_SEQ_CST);
            return bell;
        }
    }
    return NULL;
}

/* Whether a sleeper is to be woken for what is in the queue: not where one is awake for the only task. */
static inline int par_stream_wants_another(const par_stream *s) {
    par_stream_head *head = par_stream_head_of(s);
    uint64_t asleep = 0;
    for (uint32_t word = 0; word < (s->shape.seats + 63) / 64; word++)
        asleep |= __atomic_load_n(&head->asleep[word], __ATOMIC_SEQ_CST);
    if (asleep == 0) return 0;
    uint64_t awake = __atomic_load_n(&head->spinner, __ATOMIC_SEQ_CST) != 0;
    return par_stream_backlog(s) > awake || __atomic_load_n(&head->again, __ATOMIC_SEQ_CST) != 0;
}

/* MARK: Blocks */

/* The first of `count` blocks in a row that were free and are the owner's now; UINT32_MAX where there are none. Looks from
   `from` on, and then from the beginning. */
static inline uint32_t par_blocks_take(uint32_t *owners, uint32_t blocks, uint32_t count, uint32_t owner, uint32_t from) {
    if (count == 0 || count > blocks) return UINT32_MAX;
    if (from > blocks - count) from = 0;
    for (int round = 0; round < 2; round++) {
        uint32_t end = round == 0 ? blocks : (from < blocks - count ? from + count : blocks);
        uint32_t first = round == 0 ? from : 0;
        for (uint32_t block = first; block - first < count;) {
            uint32_t nobody = 0;
            if (block >= end) {
                for (uint32_t own = first; own < block; own++) __atomic_store_n(&owners[own], 0, __ATOMIC_RELEASE);
                first = UINT32_MAX;
                break;
            }
            if (__atomic_load_n(&owners[block], __ATOMIC_RELAXED) == 0 &&
                __atomic_compare_exchange_n(&owners[block], &nobody, owner, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
                block++;
                continue;
            }
            for (uint32_t own = first; own < block; own++) __atomic_store_n(&owners[own], 0, __ATOMIC_RELEASE);
            first = ++block;
        }
        if (first != UINT32_MAX) return first;
        if (from == 0) break;
    }
    return UINT32_MAX;
}

static inline void par_blocks_free(uint32_t *owners, uint32_t blocks, uint32_t first, uint32_t count) {
    for (uint32_t block = first; block < blocks && block - first < count; block++)
        __atomic_store_n(&owners[block], 0, __ATOMIC_RELEASE);
}

/* Where in the results a span begins and how many blocks it has: 0 where it is none of theirs. */
static inline uint32_t par_stream_result_blocks(const par_stream *s, int64_t value, uint32_t *first) {
    uint64_t offset = ((uint64_t)value >> 32) * 16, size = (uint64_t)value & 0xffffffff;
    *first = 0;
    if (size == 0 || offset < s->at.results || offset >= s->at.size || size > s->at.size - offset) return 0;
    *first = (uint32_t)((offset - s->at.results) / PAR_STREAM_BLOCK);
    return (uint32_t)((offset + size - s->at.results + PAR_STREAM_BLOCK - 1) / PAR_STREAM_BLOCK) - *first;
}

static inline uint32_t *par_stream_freed(const par_stream *s) {
    return &par_stream_head_of(s)->freed;
}

/* Says that a worker wants blocks. It must try once more before it sleeps while `freed` is what this returns. */
static inline uint32_t par_stream_want_blocks(const par_stream *s) {
    uint32_t freed = __atomic_load_n(par_stream_freed(s), __ATOMIC_SEQ_CST);
    __atomic_store_n(&par_stream_head_of(s)->wanting, 1, __ATOMIC_SEQ_CST);
    return freed;
}

/* Tells a worker that wants blocks that some were freed: what it sleeps on, to be woken; NULL where none does. */
static inline uint32_t *par_stream_note_freed(const par_stream *s) {
    par_stream_head *head = par_stream_head_of(s);
    /* The blocks are seen to be free, or that one wants them is seen here. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&head->wanting, __ATOMIC_SEQ_CST) == 0) return NULL;
    __atomic_store_n(&head->wanting, 0, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&head->freed, 1, __ATOMIC_SEQ_CST);
    return &head->freed;
}

#endif
