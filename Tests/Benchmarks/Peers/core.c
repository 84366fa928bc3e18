#define _GNU_SOURCE
#include "peers.h"
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void check(int failed, const char *what) {
    if (!failed) return;
    perror(what);
    exit(1);
}

struct board *new_board(void) {
    int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE;
    void *map = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE, flags, -1, 0);
    check(map == MAP_FAILED, "mmap");
    return map;
}

int pin(int tid, int index) {
    static cpu_set_t all;
    if (CPU_COUNT(&all) == 0) check(sched_getaffinity(0, sizeof all, &all) < 0, "sched_getaffinity");
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0, seen = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &all) && seen++ == index) CPU_SET(cpu, &one);
    }
    return sched_setaffinity(tid, sizeof all, index < 0 ? &all : &one);
}

void stay_on(int index) { check(pin(0, index) < 0, "sched_setaffinity"); }

void pause_for(uint64_t nanoseconds) {
    struct timespec time = {(time_t)(nanoseconds / 1000000000u), (long)(nanoseconds % 1000000000u)};
    if (nanoseconds > 0) clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

void futex_wait(_Atomic uint32_t *word, uint32_t expected) {
    syscall(SYS_futex, word, FUTEX_WAIT, expected, NULL, NULL, 0);
}

void futex_wake(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0); }

void announce(struct board *board, uint32_t index, uint32_t count) {
    atomic_store(&board->ready_at[index], now());
    if (atomic_fetch_add(&board->ready, 1) + 1 == count) futex_wake(&board->ready);
}

uint64_t await_ready(struct board *board, uint32_t count) {
    uint32_t seen;
    while ((seen = atomic_load(&board->ready)) < count) futex_wait(&board->ready, seen);
    uint64_t last = 0;
    for (uint32_t index = 0; index < count; index++) {
        uint64_t at = atomic_load(&board->ready_at[index]);
        if (at > last) last = at;
    }
    return last;
}
