// N workers, from the first asked for to the last one up: threads, forked processes, programs.
#define _GNU_SOURCE
#include "peers.h"
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

enum { limit = 1024 };

struct seat {
    struct board *board;
    uint32_t index, count;
};

static void *be_thread(void *argument) {
    struct seat *seat = argument;
    announce(seat->board, seat->index, seat->count);
    return NULL;
}

void start_threads(uint64_t *times, int count, uint32_t threads) {
    static pthread_t started[limit];
    static struct seat seats[limit];
    struct board *board = new_board();
    for (int round = -1; round < count; round++) {
        atomic_store(&board->ready, 0);
        uint64_t start = now();
        for (uint32_t index = 0; index < threads; index++) {
            seats[index] = (struct seat){board, index, threads};
            check(pthread_create(&started[index], NULL, be_thread, &seats[index]) != 0, "pthread_create");
        }
        uint64_t last = await_ready(board, threads);
        // The first time pays for stacks that the C library keeps for the next.
        if (round >= 0) times[round] = last - start;
        for (uint32_t index = 0; index < threads; index++) pthread_join(started[index], NULL);
        pause_for(200000);
    }
    munmap(board, sizeof *board);
}

static void end(pid_t *children, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) kill(children[index], SIGKILL);
    for (uint32_t index = 0; index < count; index++) waitpid(children[index], NULL, 0);
}

static pid_t fork_worker(struct board *board, uint32_t index, uint32_t count) {
    pid_t child = fork();
    check(child < 0, "fork");
    if (child > 0) return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    announce(board, index, count);
    while (1) pause();
}

void start_forks(uint64_t *times, int count, uint32_t processes) {
    static pid_t children[limit];
    struct board *board = new_board();
    for (int round = 0; round < count; round++) {
        atomic_store(&board->ready, 0);
        uint64_t start = now();
        for (uint32_t index = 0; index < processes; index++) children[index] = fork_worker(board, index, processes);
        times[round] = await_ready(board, processes) - start;
        end(children, processes);
        pause_for(200000);
    }
    munmap(board, sizeof *board);
}

void replace_fork(uint64_t *times, int count) {
    struct board *board = new_board();
    pid_t child = fork_worker(board, 0, 1);
    for (int round = 0; round < count; round++) {
        await_ready(board, 1);
        pause_for(1000000);
        atomic_store(&board->ready, 0);
        struct pollfd watch = {.fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN};
        check(watch.fd < 0, "pidfd_open");
        uint64_t start = now();
        kill(child, SIGKILL);
        check(poll(&watch, 1, -1) < 0, "poll");
        waitpid(child, NULL, 0);
        child = fork_worker(board, 0, 1);
        times[round] = await_ready(board, 1) - start;
        close(watch.fd);
    }
    end(&child, 1);
    munmap(board, sizeof *board);
}

void be_program(uint32_t index, uint32_t count) {
    struct board *board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0);
    check(board == MAP_FAILED, "mmap");
    announce(board, index, count);
    while (1) pause();
}

void start_programs(uint64_t *times, int count, uint32_t processes, const char *self) {
    static pid_t children[limit];
    int file = memfd_create("board", MFD_CLOEXEC);
    check(file < 0 || ftruncate(file, sizeof(struct board)) < 0, "memfd_create");
    struct board *board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    check(board == MAP_FAILED, "mmap");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, file, 3);
    for (int round = 0; round < count; round++) {
        atomic_store(&board->ready, 0);
        uint64_t start = now();
        for (uint32_t index = 0; index < processes; index++) {
            char place[16], crew[16];
            snprintf(place, sizeof place, "%u", index);
            snprintf(crew, sizeof crew, "%u", processes);
            char *arguments[] = {(char *)self, "worker", place, crew, NULL};
            check(posix_spawn(&children[index], self, &actions, NULL, arguments, NULL) != 0, "posix_spawn");
        }
        times[round] = await_ready(board, processes) - start;
        end(children, processes);
        pause_for(200000);
    }
    posix_spawn_file_actions_destroy(&actions);
    munmap(board, sizeof *board);
    close(file);
}

void run_program(uint64_t *times, int count, char **arguments) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    for (int round = 0; round < count; round++) {
        pid_t child;
        int status = 0;
        uint64_t start = now();
        int code = posix_spawn(&child, arguments[0], &actions, NULL, arguments, environ);
        if (code == 0) waitpid(child, &status, 0);
        times[round] = now() - start;
        if (code != 0 || status != 0) {
            fprintf(stderr, "%s: %s\n", arguments[0], code != 0 ? strerror(code) : "ended with an error");
            exit(1);
        }
    }
    posix_spawn_file_actions_destroy(&actions);
}
