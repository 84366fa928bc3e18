// The machine's own limits, in plain C: what a worker could be at best. See main.c for the commands.
#pragma once
#include <stdatomic.h>
#include <stdint.h>

/// A word for each side, each on its own cache line, in memory that parent and children share.
struct board {
    _Alignas(64) _Atomic uint32_t ping;
    _Alignas(64) _Atomic uint32_t pong;
    /// When the sleeper was awake, in nanoseconds.
    _Alignas(64) _Atomic uint64_t awake;
    /// How many workers are up, and when each was.
    _Alignas(64) _Atomic uint32_t ready;
    _Atomic uint64_t ready_at[1024];
};

/// Where the two sides of a pair run: where the kernel puts them, on one processor, or on two.
enum place { PLACE_FREE, PLACE_TOGETHER, PLACE_APART };

// core.c
uint64_t now(void);
/// Ends the program with a message when `failed`.
void check(int failed, const char *what);
struct board *new_board(void);
/// Keeps the calling thread on the `index`th processor that the program may use, or on any for -1.
void stay_on(int index);
int pin(int tid, int index);
void pause_for(uint64_t nanoseconds);
void futex_wait(_Atomic uint32_t *word, uint32_t expected);
void futex_wake(_Atomic uint32_t *word);
/// Says that worker `index` is up; the last of `count` wakes the one who waits.
void announce(struct board *board, uint32_t index, uint32_t count);
/// Waits for all of `count` workers and returns when the last one was up.
uint64_t await_ready(struct board *board, uint32_t count);

// Each measures `count` times and writes that many durations, in nanoseconds.
void spin_pairs(uint64_t *times, int count);
void futex_pairs(uint64_t *times, int count, int processes, uint64_t pause, enum place place, int one_way);
void socket_pairs(uint64_t *times, int count, uint64_t pause, enum place place);
void start_threads(uint64_t *times, int count, uint32_t threads);
void start_forks(uint64_t *times, int count, uint32_t processes);
void start_programs(uint64_t *times, int count, uint32_t processes, const char *self);
void replace_fork(uint64_t *times, int count);
void run_program(uint64_t *times, int count, char **arguments);
/// What a program of `start_programs` does: maps descriptor 3 and announces itself.
void be_program(uint32_t index, uint32_t count);
