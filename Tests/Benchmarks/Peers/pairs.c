// Two sides that answer each other: by spinning, by futex, by socket.
#define _GNU_SOURCE
#include "peers.h"
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/// Told instead of the next number: leave.
static const uint32_t over = UINT32_MAX;

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// The processors of the side that asks and of the one that answers; -1 for any.
static int asker(enum place place) { return place == PLACE_FREE ? -1 : 0; }
static int answerer(enum place place) { return place == PLACE_FREE ? -1 : place == PLACE_APART; }

static void child_of_this(int processor) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    stay_on(processor);
}

void spin_pairs(uint64_t *times, int count) {
    struct board *board = new_board();
    pid_t child = fork();
    check(child < 0, "fork");
    if (child == 0) {
        child_of_this(1);
        for (uint32_t next = 1;; next++) {
            uint32_t ping;
            while ((ping = atomic_load_explicit(&board->ping, memory_order_acquire)) != next) {
                if (ping == over) _exit(0);
                relax();
            }
            atomic_store_explicit(&board->pong, next, memory_order_release);
        }
    }
    stay_on(0);
    int warmup = count / 10 + 10;
    for (int round = -warmup; round < count; round++) {
        uint32_t next = (uint32_t)(round + warmup + 1);
        uint64_t start = now();
        atomic_store_explicit(&board->ping, next, memory_order_release);
        while (atomic_load_explicit(&board->pong, memory_order_acquire) != next) relax();
        if (round >= 0) times[round] = now() - start;
    }
    atomic_store(&board->ping, over);
    waitpid(child, NULL, 0);
    stay_on(-1);
    munmap(board, sizeof *board);
}

/// Sleeps until told, says when it woke and answers.
static void answer(struct board *board, int one_way) {
    for (uint32_t seen = 0;;) {
        uint32_t ping;
        while ((ping = atomic_load(&board->ping)) == seen) futex_wait(&board->ping, seen);
        if (ping == over) return;
        if (one_way) atomic_store(&board->awake, now());
        seen = ping;
        atomic_store(&board->pong, seen);
        futex_wake(&board->pong);
    }
}

struct other {
    struct board *board;
    int processor;
    int one_way;
};

static void *answer_thread(void *argument) {
    struct other *self = argument;
    stay_on(self->processor);
    answer(self->board, self->one_way);
    return NULL;
}

void futex_pairs(uint64_t *times, int count, int processes, uint64_t pause, enum place place, int one_way) {
    struct other other = {new_board(), answerer(place), one_way};
    struct board *board = other.board;
    pthread_t thread;
    pid_t child = processes ? fork() : 0;
    check(child < 0, "fork");
    if (processes && child == 0) {
        child_of_this(other.processor);
        answer(board, one_way);
        _exit(0);
    }
    if (!processes) check(pthread_create(&thread, NULL, answer_thread, &other) != 0, "pthread_create");
    stay_on(asker(place));
    int warmup = count / 10 + 10;
    for (int round = -warmup; round < count; round++) {
        uint32_t next = (uint32_t)(round + warmup + 1);
        pause_for(pause);
        uint64_t start = now();
        atomic_store(&board->ping, next);
        futex_wake(&board->ping);
        while (atomic_load(&board->pong) != next) futex_wait(&board->pong, next - 1);
        if (round >= 0) times[round] = (one_way ? atomic_load(&board->awake) : now()) - start;
    }
    atomic_store(&board->ping, over);
    futex_wake(&board->ping);
    if (processes) waitpid(child, NULL, 0);
    else pthread_join(thread, NULL);
    stay_on(-1);
    munmap(board, sizeof *board);
}

void socket_pairs(uint64_t *times, int count, uint64_t pause, enum place place) {
    int ends[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0, "socketpair");
    char byte = 0;
    pid_t child = fork();
    check(child < 0, "fork");
    if (child == 0) {
        close(ends[0]);
        child_of_this(answerer(place));
        while (read(ends[1], &byte, 1) == 1) check(write(ends[1], &byte, 1) != 1, "write");
        _exit(0);
    }
    close(ends[1]);
    stay_on(asker(place));
    int warmup = count / 10 + 10;
    for (int round = -warmup; round < count; round++) {
        pause_for(pause);
        uint64_t start = now();
        check(write(ends[0], &byte, 1) != 1, "write");
        check(read(ends[0], &byte, 1) != 1, "read");
        if (round >= 0) times[round] = now() - start;
    }
    close(ends[0]);
    waitpid(child, NULL, 0);
    stay_on(-1);
}
