// Answers one line for each line on descriptor 3, fields separated by tabs: durations in nanoseconds.
//
//     spin COUNT                               round trips of two spinning processes
//     futex COUNT process|thread PAUSE PLACE   round trips through two futexes
//     wake COUNT process|thread PAUSE PLACE    from before the wake to awake
//     socket COUNT PAUSE PLACE                 round trips of a byte between processes
//     threads|forks|programs COUNT N           N workers to all ready
//     replace COUNT                            a killed process to its successor
//     run COUNT PROGRAM ARGUMENT…              a whole process, standard output thrown away
//     pin TID PROCESSOR                        -1 for any; answers 0
//
// PAUSE is slept before each, in nanoseconds; PLACE is free, together or apart. "?" answers what it doesn't know.
#define _GNU_SOURCE
#include "peers.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { fields = 32, most = 100000 };

static int split(char *line, char **words) {
    int count = 0;
    line[strcspn(line, "\n")] = 0;
    for (char *word = strtok(line, "\t"); word && count < fields; word = strtok(NULL, "\t")) words[count++] = word;
    words[count] = NULL;
    return count;
}

static enum place placed(const char *word) {
    if (strcmp(word, "together") == 0) return PLACE_TOGETHER;
    return strcmp(word, "apart") == 0 ? PLACE_APART : PLACE_FREE;
}

/// Measures what the words say; returns how many durations there are, or -1.
static int measure(uint64_t *times, char **words, int given, const char *self) {
    const char *command = given > 0 ? words[0] : "";
    int count = given > 1 ? atoi(words[1]) : 0;
    uint64_t number = given > 2 ? strtoull(words[2], NULL, 10) : 0;
    if (count < 0 || count > most) return -1;
    if (strcmp(command, "spin") == 0) {
        spin_pairs(times, count);
    } else if ((strcmp(command, "futex") == 0 || strcmp(command, "wake") == 0) && given == 5) {
        uint64_t pause = strtoull(words[3], NULL, 10);
        int one_way = strcmp(command, "wake") == 0;
        futex_pairs(times, count, strcmp(words[2], "process") == 0, pause, placed(words[4]), one_way);
    } else if (strcmp(command, "socket") == 0 && given == 4) {
        socket_pairs(times, count, number, placed(words[3]));
    } else if (strcmp(command, "threads") == 0 && number <= 1024) {
        start_threads(times, count, (uint32_t)number);
    } else if (strcmp(command, "forks") == 0 && number <= 1024) {
        start_forks(times, count, (uint32_t)number);
    } else if (strcmp(command, "programs") == 0 && number <= 1024) {
        start_programs(times, count, (uint32_t)number, self);
    } else if (strcmp(command, "replace") == 0) {
        replace_fork(times, count);
    } else if (strcmp(command, "run") == 0 && given > 2) {
        run_program(times, count, words + 2);
    } else if (strcmp(command, "pin") == 0 && given == 3) {
        times[0] = pin(count, atoi(words[2])) < 0;
        return 1;
    } else {
        return -1;
    }
    return count;
}

int main(int count, char **arguments) {
    static uint64_t times[most];
    if (count == 4 && strcmp(arguments[1], "worker") == 0) {
        be_program((uint32_t)atoi(arguments[2]), (uint32_t)atoi(arguments[3]));
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    FILE *commands = fdopen(3, "r"), *answers = fdopen(dup(3), "w");
    if (!commands || !answers) {
        fprintf(stderr, "%s: started by the benchmarks program, not by hand\n", arguments[0]);
        return 2;
    }
    pin(0, -1);
    char *line = NULL, *words[fields + 1];
    size_t room = 0;
    while (getline(&line, &room, commands) > 0) {
        int measured = measure(times, words, split(line, words), arguments[0]);
        if (measured < 0) fprintf(answers, "?");
        for (int index = 0; index < measured; index++) {
            fprintf(answers, index ? "\t%" PRIu64 : "%" PRIu64, times[index]);
        }
        fputc('\n', answers);
        fflush(answers);
    }
    return 0;
}
