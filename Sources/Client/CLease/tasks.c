/* Tasks on their way in and out. What others have written is taken within bounds, and a number of this side's own decides. */
#define _GNU_SOURCE
#include "lease.h"
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* How long a thread waits awake: it yields its processor all the while, which a worker may need to answer. The longer time is for
   where results keep coming later than the brief one and sooner than this. */
#define BRIEF_NANOSECONDS 50000u
#define LONG_NANOSECONDS 300000u

static void futex_wake(uint32_t *word, int count) {
    if (word) syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
}

/* MARK: In */

/* Wakes as many workers as there is work for. */
static void wake_workers(par_lease *lease, uint64_t put) {
    const par_stream *stream = &lease->stream;
    for (uint64_t woken = 0; woken < put && par_stream_wants_another(stream); woken++)
        futex_wake(par_stream_pick_sleeper(stream), 1);
}

static void free_input(par_lease *lease, lease_slot *slot) {
    if (slot->blocks == 0) return;
    par_blocks_free(lease->input_owners, lease->stream.shape.input_blocks, slot->first_block, slot->blocks);
    if (slot->first_block < lease->input_hint) lease->input_hint = slot->first_block;
    slot->blocks = 0;
}

/* Takes a slot, with room for an input: 0, or an error number negated. */
static int take_slot(par_lease *lease, size_t size, uint32_t *number, uint8_t **room) {
    const par_stream *stream = &lease->stream;
    if (lease->is_over) return -EPIPE;
    uint64_t blocks = size > PAR_STREAM_INLINE ? (size - 1) / PAR_STREAM_BLOCK + 1 : 0;
    if (blocks > stream->shape.input_blocks) return -E2BIG;
    if (lease->free_count == 0) return -EAGAIN;
    uint32_t first = 0;
    if (blocks > 0) {
        first = par_blocks_take(
            lease->input_owners, stream->shape.input_blocks, (uint32_t)blocks, 1, lease->input_hint);
        if (first == UINT32_MAX) return -EAGAIN;
        lease->input_hint = first + (uint32_t)blocks;
    }
    *number = lease->free_slots[--lease->free_count];
    lease_slot *slot = &lease->slots[*number];
    __atomic_store_n(&slot->id, slot->id + stream->shape.slots, __ATOMIC_RELAXED);
    slot->first_block = first;
    slot->blocks = (uint32_t)blocks;
    slot->reserved = size;
    slot->is_cancelled = 0;
    slot->state = SLOT_RESERVED;
    par_stream_entry *entry = par_stream_entry_of(stream, *number);
    entry->id = slot->id;
    entry->input = blocks > 0 ? stream->at.inputs + (uint64_t)first * PAR_STREAM_BLOCK
                              : (uint64_t)((uint8_t *)entry->room - stream->base);
    *room = stream->base + entry->input;
    return 0;
}

static void give_back(par_lease *lease, uint32_t number) {
    free_input(lease, &lease->slots[number]);
    lease->slots[number].state = SLOT_FREE;
    lease->free_slots[lease->free_count++] = number;
}

/* What has been handed in can be seen from now on. */
static void publish(par_lease *lease, uint64_t count) {
    __atomic_store_n(&par_stream_head_of(&lease->stream)->tail, lease->tail, __ATOMIC_SEQ_CST);
    wake_workers(lease, count);
}

/* Makes sure of a place at the queue's end, which is a ring: workers pass the places of tasks that they claim, and none may have
   done so for long, while others were put and taken back. The ring is turned once, then: what is over is passed, and what waits
   moves to the end, in its order. Half of the places are free afterwards at least. */
static void make_place(par_lease *lease) {
    const par_stream *stream = &lease->stream;
    par_stream_head *head = par_stream_head_of(stream);
    uint64_t places = 2 * (uint64_t)stream->shape.slots, end = lease->tail, moved = 0;
    if (end - lease->passed < places) return;
    lease->passed = __atomic_load_n(&head->next, __ATOMIC_SEQ_CST);
    if (end - lease->passed != places) return;
    publish(lease, 0);
    /* No more looks than there can be, whatever others make of the hint. */
    for (uint64_t look = 0; look < 2 * places; look++) {
        uint64_t next = __atomic_load_n(&head->next, __ATOMIC_SEQ_CST);
        if (next - end < places) break;
        uint64_t id = __atomic_load_n(par_stream_place(stream, next), __ATOMIC_RELAXED);
        lease_slot *slot = &lease->slots[par_stream_slot(stream, id)];
        uint64_t claim = __atomic_load_n(&par_stream_entry_of(stream, id)->claim, __ATOMIC_RELAXED);
        int waits = slot->id == id && slot->state == SLOT_OUT && (uint32_t)claim == PAR_CLAIM_NOBODY;
        if (!__atomic_compare_exchange_n(&head->next, &next, next + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) continue;
        if (!waits) continue;
        __atomic_store_n(par_stream_place(stream, lease->tail), id, __ATOMIC_RELAXED);
        lease->tail++;
        moved++;
        publish(lease, 0);
    }
    publish(lease, moved);
}

/* Hands a task in, whose input stands where it is to. Workers may have it at once. */
static void hand_in(par_lease *lease, uint32_t number, size_t size, uint64_t user) {
    const par_stream *stream = &lease->stream;
    lease_slot *slot = &lease->slots[number];
    slot->user = user;
    slot->state = SLOT_OUT;
    lease->out++;
    if (number / 64 >= lease->used_words) lease->used_words = number / 64 + 1;
    par_stream_entry *entry = par_stream_entry_of(stream, number);
    entry->input_size = size;
    __atomic_store_n(&entry->claim, par_stream_use(stream, slot->id) | PAR_CLAIM_NOBODY, __ATOMIC_RELEASE);
    make_place(lease);
    __atomic_store_n(par_stream_place(stream, lease->tail), slot->id, __ATOMIC_RELAXED);
    lease->tail++;
}

int par_lease_put(par_lease *lease, const void *input, size_t size, uint64_t user, uint64_t *id) {
    pthread_mutex_lock(&lease->lock);
    uint32_t number = 0;
    uint8_t *room;
    int code = take_slot(lease, size, &number, &room);
    if (code == 0) {
        if (size > 0) memcpy(room, input, size);
        if (id) *id = lease->slots[number].id;
        hand_in(lease, number, size, user);
        publish(lease, 1);
    }
    pthread_mutex_unlock(&lease->lock);
    return code;
}

long par_lease_put_many(
    par_lease *lease, const void *inputs, const uint64_t *sizes, const uint64_t *users, size_t count, uint64_t *ids) {
    const uint8_t *input = inputs;
    size_t done = 0;
    int code = 0;
    pthread_mutex_lock(&lease->lock);
    for (; done < count; done++) {
        uint32_t number = 0;
        uint8_t *room;
        size_t size = sizes ? sizes[done] : 0;
        code = take_slot(lease, size, &number, &room);
        if (code < 0) break;
        if (size > 0) memcpy(room, input, size);
        input += size;
        if (ids) ids[done] = lease->slots[number].id;
        hand_in(lease, number, size, users ? users[done] : 0);
        /* The first ones are begun while the others are put. */
        if (done % 64 == 0) publish(lease, 1);
    }
    if (done > 0) publish(lease, done);
    pthread_mutex_unlock(&lease->lock);
    return done > 0 || code == 0 ? (long)done : code;
}

void *par_lease_reserve(par_lease *lease, size_t size, uint64_t *id) {
    pthread_mutex_lock(&lease->lock);
    uint32_t number = 0;
    uint8_t *room = NULL;
    if (take_slot(lease, size, &number, &room) < 0) room = NULL;
    else *id = lease->slots[number].id;
    pthread_mutex_unlock(&lease->lock);
    return room;
}

int par_lease_submit(par_lease *lease, uint64_t id, size_t size, uint64_t user) {
    pthread_mutex_lock(&lease->lock);
    uint32_t number = par_stream_slot(&lease->stream, id);
    lease_slot *slot = &lease->slots[number];
    int code = 0;
    if (slot->id != id || slot->state != SLOT_RESERVED) code = -ENOENT;
    else if (size > slot->reserved) code = -E2BIG;
    else if (lease->is_over) {
        give_back(lease, number);
        code = -EPIPE;
    } else {
        hand_in(lease, number, size, user);
        publish(lease, 1);
    }
    pthread_mutex_unlock(&lease->lock);
    return code;
}

/* MARK: Out */

/* Notes a task that has ended and is to be delivered. */
static void note_ended(par_lease *lease, uint64_t id) {
    uint64_t mask = 2 * (uint64_t)lease->stream.shape.slots - 1;
    if (lease->ended_end - lease->ended_first > mask) {
        /* Those that were waited for by themselves go; of the others there is one a slot at most. */
        uint64_t kept = lease->ended_first;
        for (uint64_t at = lease->ended_first; at != lease->ended_end; at++) {
            uint64_t old = lease->ended_ids[at & mask];
            lease_slot *slot = &lease->slots[par_stream_slot(&lease->stream, old)];
            if (slot->id == old && slot->state == SLOT_ENDED) lease->ended_ids[kept++ & mask] = old;
        }
        lease->ended_end = kept;
    }
    lease->ended_ids[lease->ended_end++ & mask] = id;
}

/* Finds tasks that have ended: how many. */
static uint32_t collect(par_lease *lease) {
    const par_stream *stream = &lease->stream;
    uint32_t found = 0;
    for (uint32_t word = 0; word < lease->used_words; word++) {
        uint64_t *place = (uint64_t *)(stream->base + stream->at.ended) + word;
        if (__atomic_load_n(place, __ATOMIC_ACQUIRE) == 0) continue;
        uint64_t bits = __atomic_exchange_n(place, 0, __ATOMIC_SEQ_CST);
        for (; bits; bits &= bits - 1) {
            lease_slot *slot = &lease->slots[word * 64 + (uint32_t)__builtin_ctzll(bits)];
            /* The bit may be one of an earlier task's, which has been delivered. */
            if (slot->state != SLOT_OUT || !par_stream_has_ended(stream, slot->id)) continue;
            note_ended(lease, slot->id);
            slot->state = SLOT_ENDED;
            found++;
        }
    }
    lease->out -= found;
    lease->ended += found;
    return found;
}

/* Says what has become of a task that has ended, and counts it as delivered. */
static void deliver(par_lease *lease, lease_slot *slot, par_result *result) {
    const par_stream *stream = &lease->stream;
    if (slot->state == SLOT_OUT) lease->out--;
    else lease->ended--;
    slot->state = SLOT_DELIVERED;
    memset(result, 0, sizeof *result);
    result->id = slot->id;
    result->user = slot->user;
    result->state = PAR_TASK_CANCELLED;
    if (slot->is_cancelled) return;
    par_stream_record record;
    memcpy(&record, par_stream_record_of(stream, slot->id), sizeof record);
    result->start = record.start;
    result->stop = record.stop;
    result->cpu = record.cpu;
    result->cpu_tasks = record.cpu_tasks;
    result->pid = record.pid;
    result->failure = record.failure;
    result->worker = record.seat;
    result->state = record.state;
    result->deaths = record.deaths;
    if (!lease->has_results) {
        result->value = record.value;
        return;
    }
    uint64_t offset = ((uint64_t)record.value >> 32) * 16, size = (uint64_t)record.value & 0xffffffff;
    if (size == 0 || (record.state != PAR_TASK_OK && record.state != PAR_TASK_FAILED)) return;
    if (offset >= stream->at.size || size > stream->at.size - offset) return;
    result->bytes = stream->base + offset;
    result->size = size;
}

/* Wakes threads that count on this one. */
static void tell_followers(par_lease *lease) {
    if (lease->followers == 0) return;
    __atomic_fetch_add(&lease->changes, 1, __ATOMIC_SEQ_CST);
    /* Private, as they sleep on it: the kernel takes the two kinds for two places. */
    syscall(SYS_futex, &lease->changes, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

/* Hears what has come from the workers and the daemon, without waiting, unless another thread listens. */
static void listen_now(par_lease *lease) {
    if (lease->has_leader) return;
    char rings[64];
    if (recv(lease->bell, rings, sizeof rings, MSG_DONTWAIT) == 0) lease->is_over = 1;
    lease_hear(lease);
    collect(lease);
}

/* Sleeps until something may have changed: 0, or -EINTR. The lock is let go meanwhile. */
static int sleep_on(par_lease *lease, uint32_t awaited, uint64_t deadline) {
    par_stream_head *head = par_stream_head_of(&lease->stream);
    uint64_t now = deadline == UINT64_MAX ? 0 : lease_now();
    uint64_t left = deadline == UINT64_MAX ? UINT64_MAX : deadline > now ? deadline - now : 0;
    struct timespec limit = {(time_t)(left / 1000000000), (long)(left % 1000000000)};
    struct timespec *at_most = left == UINT64_MAX ? NULL : &limit;
    int code = 0;
    if (lease->has_leader) {
        /* Whoever hears the bell is to hear the next end, which may be this one's. */
        uint32_t seen = __atomic_load_n(&lease->changes, __ATOMIC_SEQ_CST);
        __atomic_store_n(&head->awaited, 1, __ATOMIC_SEQ_CST);
        if (collect(lease) > 0) {
            tell_followers(lease);
            return 0;
        }
        lease->followers++;
        pthread_mutex_unlock(&lease->lock);
        if (syscall(SYS_futex, &lease->changes, FUTEX_WAIT_PRIVATE, seen, at_most, NULL, 0) < 0 && errno == EINTR)
            code = -EINTR;
        pthread_mutex_lock(&lease->lock);
        lease->followers--;
        return code;
    }
    __atomic_store_n(&head->awaited, lease->followers > 0 ? 1 : (int32_t)awaited, __ATOMIC_SEQ_CST);
    __atomic_store_n(&head->parked, 1, __ATOMIC_SEQ_CST);
    /* What has ended before is found now, and who ends a task from now on rings. */
    if (collect(lease) == 0) {
        lease->has_leader = 1;
        struct pollfd places[3] = {{lease->bell, POLLIN, 0}, {lease->socket, POLLIN, 0}, {lease->nudge, POLLIN, 0}};
        pthread_mutex_unlock(&lease->lock);
        int ready = ppoll(places, 3, at_most, NULL);
        if (ready < 0 && errno == EINTR) code = -EINTR;
        pthread_mutex_lock(&lease->lock);
        lease->has_leader = 0;
        char rings[64];
        if (ready > 0 && places[0].revents) {
            /* All workers have gone where it is hung up: the daemon tells why, or has gone as well. */
            if (recv(lease->bell, rings, sizeof rings, MSG_DONTWAIT) == 0) lease->is_over = 1;
        }
        if (ready > 0 && places[1].revents) lease_hear(lease);
        eventfd_t nudges;
        if (ready > 0 && places[2].revents) eventfd_read(lease->nudge, &nudges);
        collect(lease);
    }
    __atomic_store_n(&head->parked, 0, __ATOMIC_SEQ_CST);
    tell_followers(lease);
    return code;
}

/* Whether the time is up, and what had come by then was heard. Where that is heard only now, all is to be looked at once more. */
static int is_late(par_lease *lease, uint64_t deadline, int *has_listened) {
    if (*has_listened) return 1;
    if (deadline == UINT64_MAX || lease_now() < deadline) return 0;
    listen_now(lease);
    *has_listened = 1;
    return 0;
}

static uint64_t deadline_of(int64_t nanoseconds) {
    if (nanoseconds < 0) return UINT64_MAX;
    return lease_now() + (uint64_t)nanoseconds;
}

/* Waits awake until `id` has ended. */
static int spin(const par_stream *stream, uint64_t id, uint64_t patience) {
    par_stream_head *head = par_stream_head_of(stream);
    head->giver = sched_getcpu() + 1;
    uint64_t end = lease_now() + patience;
    do {
        for (int look = 0; look < 64; look++) {
            if (par_stream_has_ended(stream, id)) return 1;
#if defined(__x86_64__)
            __builtin_ia32_pause();
#elif defined(__aarch64__)
            __asm__ volatile("yield");
#endif
        }
        sched_yield();
    } while (lease_now() < end);
    return par_stream_has_ended(stream, id);
}

int par_lease_wait(par_lease *lease, uint64_t id, par_result *result, int64_t nanoseconds) {
    const par_stream *stream = &lease->stream;
    lease_slot *slot = &lease->slots[par_stream_slot(stream, id)];
    uint64_t deadline = nanoseconds == 0 ? 0 : deadline_of(nanoseconds);
    if (__atomic_load_n(&slot->id, __ATOMIC_RELAXED) != id) return -ENOENT;
    uint64_t began = 0;
    if (deadline != 0 && !par_stream_has_ended(stream, id)) {
        began = lease_now();
        spin(stream, id, __atomic_load_n(&lease->is_patient, __ATOMIC_RELAXED) ? LONG_NANOSECONDS : BRIEF_NANOSECONDS);
    }
    int code = 0, has_listened = 0;
    pthread_mutex_lock(&lease->lock);
    while (1) {
        if (slot->id != id || (slot->state != SLOT_OUT && slot->state != SLOT_ENDED)) {
            code = -ENOENT;
            break;
        }
        if (slot->state == SLOT_ENDED || par_stream_has_ended(stream, id)) {
            deliver(lease, slot, result);
            code = 0;
            break;
        }
        if (lease->is_over) code = -EPIPE;
        if (code < 0) break;
        if (is_late(lease, deadline, &has_listened)) code = -ETIMEDOUT;
        else if (!has_listened) code = sleep_on(lease, 1, deadline);
    }
    pthread_mutex_unlock(&lease->lock);
    if (began > 0 && code == 0) {
        uint64_t waited = lease_now() - began;
        if (waited > BRIEF_NANOSECONDS)
            __atomic_store_n(&lease->is_patient, waited <= LONG_NANOSECONDS, __ATOMIC_RELAXED);
    }
    return code;
}

long par_lease_take(par_lease *lease, par_result *results, size_t room, size_t least, int64_t nanoseconds) {
    const par_stream *stream = &lease->stream;
    uint64_t deadline = nanoseconds == 0 ? 0 : deadline_of(nanoseconds);
    long count = 0;
    int code = 0, has_listened = 0;
    if (room == 0) return 0;
    if (least == 0) least = 1;
    if (least > room) least = room;
    pthread_mutex_lock(&lease->lock);
    collect(lease);
    while (1) {
        while ((size_t)count < room && lease->ended_first != lease->ended_end) {
            uint64_t id = lease->ended_ids[lease->ended_first++ & (2 * (uint64_t)stream->shape.slots - 1)];
            lease_slot *slot = &lease->slots[par_stream_slot(stream, id)];
            /* One that was waited for by itself has been delivered. */
            if (slot->id == id && slot->state == SLOT_ENDED) deliver(lease, slot, &results[count++]);
        }
        if ((size_t)count >= least || lease->out == 0) break;
        if (lease->is_over) code = -EPIPE;
        if (code < 0) break;
        size_t missing = least - (size_t)count;
        if (is_late(lease, deadline, &has_listened)) code = -ETIMEDOUT;
        else if (!has_listened) code = sleep_on(lease, missing < lease->out ? (uint32_t)missing : lease->out, deadline);
    }
    pthread_mutex_unlock(&lease->lock);
    return count > 0 ? count : code;
}

/* MARK: Letting go */

int par_lease_cancel(par_lease *lease, uint64_t id) {
    const par_stream *stream = &lease->stream;
    pthread_mutex_lock(&lease->lock);
    lease_slot *slot = &lease->slots[par_stream_slot(stream, id)];
    int code = 0;
    if (slot->id != id || slot->state != SLOT_OUT) {
        code = -ENOENT;
    } else {
        uint64_t use = par_stream_use(stream, id), nobody = use | PAR_CLAIM_NOBODY;
        int is_mine = __atomic_compare_exchange_n(
            &par_stream_entry_of(stream, id)->claim, &nobody, use | PAR_CLAIM_CANCELLED, 0, __ATOMIC_ACQ_REL,
            __ATOMIC_RELAXED);
        if (is_mine) {
            slot->is_cancelled = 1;
            note_ended(lease, id);
            slot->state = SLOT_ENDED;
            lease->out--;
            lease->ended++;
            tell_followers(lease);
            /* No worker rings for it. */
            if (lease->has_leader) eventfd_write(lease->nudge, 1);
        } else {
            code = -EBUSY;
        }
    }
    pthread_mutex_unlock(&lease->lock);
    return code;
}

static void release(par_lease *lease, uint64_t id) {
    const par_stream *stream = &lease->stream;
    uint32_t number = par_stream_slot(stream, id);
    lease_slot *slot = &lease->slots[number];
    if (slot->id != id || (slot->state != SLOT_DELIVERED && slot->state != SLOT_RESERVED)) return;
    if (slot->state == SLOT_DELIVERED) {
        par_stream_record *record = par_stream_record_of(stream, id);
        uint32_t first, blocks = 0;
        if (lease->has_results && !slot->is_cancelled) blocks = par_stream_result_blocks(stream, record->value, &first);
        __atomic_store_n(
            &par_stream_entry_of(stream, id)->claim, par_stream_use(stream, id) | PAR_CLAIM_RELEASED, __ATOMIC_SEQ_CST);
        if (blocks > 0) {
            par_blocks_free(par_stream_owners(stream), stream->shape.result_blocks, first, blocks);
            futex_wake(par_stream_note_freed(stream), INT32_MAX);
        }
    }
    give_back(lease, number);
}

void par_lease_release(par_lease *lease, uint64_t id) {
    par_lease_release_many(lease, &id, 1);
}

void par_lease_release_many(par_lease *lease, const uint64_t *ids, size_t count) {
    pthread_mutex_lock(&lease->lock);
    for (size_t index = 0; index < count; index++) release(lease, ids[index]);
    pthread_mutex_unlock(&lease->lock);
}

int par_lease_begun(par_lease *lease, uint64_t id) {
    const par_stream *stream = &lease->stream;
    pthread_mutex_lock(&lease->lock);
    lease_slot *slot = &lease->slots[par_stream_slot(stream, id)];
    int code = -ENOENT;
    if (slot->id == id && slot->state == SLOT_ENDED) code = 1;
    if (slot->id == id && slot->state == SLOT_OUT) {
        uint64_t claim = __atomic_load_n(&par_stream_entry_of(stream, id)->claim, __ATOMIC_ACQUIRE);
        code = (uint32_t)claim != PAR_CLAIM_NOBODY;
    }
    pthread_mutex_unlock(&lease->lock);
    return code;
}

size_t par_lease_pending(par_lease *lease) {
    pthread_mutex_lock(&lease->lock);
    size_t pending = (size_t)lease->out + lease->ended;
    pthread_mutex_unlock(&lease->lock);
    return pending;
}

int par_lease_is_over(par_lease *lease) {
    pthread_mutex_lock(&lease->lock);
    if (!lease->has_leader) lease_hear(lease);
    int is_over = lease->is_over;
    pthread_mutex_unlock(&lease->lock);
    return is_over;
}

uint64_t par_lease_losses(par_lease *lease) {
    pthread_mutex_lock(&lease->lock);
    if (!lease->has_leader) lease_hear(lease);
    uint64_t losses = lease->losses;
    pthread_mutex_unlock(&lease->lock);
    return losses;
}

int par_lease_finish(par_lease *lease, char *receipt, size_t room, size_t *size, int64_t nanoseconds) {
    uint64_t deadline = deadline_of(nanoseconds);
    int code = 0, has_listened = 0;
    pthread_mutex_lock(&lease->lock);
    if (lease->socket >= 0) shutdown(lease->socket, SHUT_WR);
    while (!lease->is_over || (lease->socket >= 0 && !lease->last)) {
        if (code < 0) break;
        if (is_late(lease, deadline, &has_listened)) code = -ETIMEDOUT;
        else if (!has_listened) code = sleep_on(lease, UINT32_MAX >> 1, deadline);
    }
    if (lease->last) {
        code = 0;
        if (size) *size = lease->last_size;
        if (room > 0) {
            size_t part = lease->last_size < room - 1 ? lease->last_size : room - 1;
            memcpy(receipt, lease->last, part);
            receipt[part] = 0;
        }
    } else if (code == 0) {
        code = -EPIPE;
    }
    pthread_mutex_unlock(&lease->lock);
    return code;
}
