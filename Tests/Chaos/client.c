// A Varlink client in plain C: what a call costs when the client costs next to nothing.
//
//     client pair SOCKET COUNT             pings and runs of one no-op, in turns, on one open connection
//     client load SOCKET CLIENTS SECONDS   that many connections, each with a run of one no-op under way all the time
//     client crowd SOCKET CLIENTS SECONDS  the same by as many processes, which is what many programs at once are
//     client watch SOCKET PAUSE            a ping each PAUSE microseconds until standard input ends
//     client echo SOCKET                   answers each frame with an empty reply, until standard input ends
//
// Each but `echo` ends with one line of JSON. Times are nanoseconds of CLOCK_MONOTONIC. `watch` also prints one for
// each line that it reads, with the figures since the last one.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_clients = 1024, most_times = 4 << 20, buffer_bytes = 1 << 16, patience_seconds = 60 };

static const char ping[] = "{\"method\":\"org.pard.Control.Ping\"}";
static const char run[] =
    "{\"method\":\"org.pard.Control.Run\",\"parameters\":{\"workload\":\"noop\",\"mode\":\"serial\",\"tasks\":1}}";

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void check(int failed, const char *what) {
    if (!failed) return;
    fprintf(stderr, "client: %s: %s\n", what, errno ? strerror(errno) : "unexpected answer");
    exit(1);
}

static struct sockaddr_un address_of(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    errno = ENAMETOOLONG;
    check(strlen(path) >= sizeof address.sun_path, path);
    strcpy(address.sun_path, path);
    return address;
}

static int connection(const char *path) {
    struct sockaddr_un address = address_of(path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval wait = {patience_seconds, 0};
    check(descriptor < 0, "socket");
    check(setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) < 0, "setsockopt");
    check(setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) < 0, "setsockopt");
    check(connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0, path);
    return descriptor;
}

/// Sends a frame, with the NUL that ends the text.
static void send_frame(int descriptor, const char *text, size_t bytes) {
    check(send(descriptor, text, bytes, MSG_NOSIGNAL) != (ssize_t)bytes, "send");
}

/// Receives one frame, of which the buffer keeps the beginning; returns whether `word` stands in it.
static int receive_frame(int descriptor, const char *word) {
    static char buffer[buffer_bytes];
    size_t held = 0;
    for (;;) {
        ssize_t count = recv(descriptor, buffer + held, sizeof buffer - held, 0);
        if (count == 0) errno = ECONNRESET;
        check(count <= 0, "receive");
        held += (size_t)count;
        if (buffer[held - 1] == 0) return memmem(buffer, held, word, strlen(word)) != NULL;
        errno = EMSGSIZE;
        check(held == sizeof buffer, "receive");
    }
}

static uint64_t exchange(int descriptor, const char *text, size_t bytes, const char *word) {
    uint64_t start = now();
    send_frame(descriptor, text, bytes);
    int good = receive_frame(descriptor, word);
    uint64_t end = now();
    errno = 0;
    check(!good, text);
    return end - start;
}

static int ascending(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/// The smallest of the sorted times that at least `share` of a thousand are not above.
static uint64_t at(const uint64_t *times, size_t count, size_t share) {
    size_t rank = (count * share + 999) / 1000;
    return count ? times[rank ? rank - 1 : 0] : 0;
}

/// Sorts the times and prints them as a member of a JSON object.
static void print_times(const char *name, uint64_t *times, size_t count, const char *end) {
    qsort(times, count, sizeof *times, ascending);
    printf("\"%s\": {\"count\": %zu, \"p50\": %lu, \"p99\": %lu, \"p999\": %lu, \"max\": %lu}%s", name, count,
        at(times, count, 500), at(times, count, 990), at(times, count, 999), at(times, count, 1000), end);
}

static void pair(const char *path, size_t count) {
    enum { block = 50 };
    uint64_t *pings = calloc(count + block, sizeof *pings), *runs = calloc(count + block, sizeof *runs);
    check(!pings || !runs, "calloc");
    int descriptor = connection(path);
    for (int warm = 0; warm < 100; warm++) {
        exchange(descriptor, ping, sizeof ping, "parameters");
        exchange(descriptor, run, sizeof run, "\"outcome\":\"ok\"");
    }
    for (size_t done = 0; done < count; done += block) {
        for (size_t i = 0; i < block; i++) pings[done + i] = exchange(descriptor, ping, sizeof ping, "parameters");
        for (size_t i = 0; i < block; i++) runs[done + i] = exchange(descriptor, run, sizeof run, "\"outcome\":\"ok\"");
    }
    printf("{");
    print_times("ping", pings, count, ", ");
    print_times("run", runs, count, "}\n");
}

/// What one client of several has counted, in memory that they share.
struct tally {
    _Alignas(64) uint64_t runs;
    uint64_t refused;
    size_t held;
    uint64_t times[most_times / most_clients];
};

static struct tally *new_tallies(int clients) {
    struct tally *tallies = mmap(
        NULL, (size_t)clients * sizeof *tallies, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    check(tallies == MAP_FAILED, "mmap");
    return tallies;
}

static void count_run(struct tally *tally, int good, uint64_t time) {
    if (!good) {
        tally->refused++;
        return;
    }
    tally->runs++;
    if (tally->held < sizeof tally->times / sizeof *tally->times) tally->times[tally->held++] = time;
}

static void print_tallies(const struct tally *tallies, int clients, double seconds) {
    uint64_t *times = calloc(most_times, sizeof *times), total = 0, refused = 0;
    size_t held = 0;
    check(!times, "calloc");
    printf("{\"counts\": [");
    for (int i = 0; i < clients; i++) {
        total += tallies[i].runs;
        refused += tallies[i].refused;
        memcpy(times + held, tallies[i].times, tallies[i].held * sizeof *times);
        held += tallies[i].held;
        printf("%s%lu", i ? ", " : "", tallies[i].runs);
    }
    printf("], \"seconds\": %.3f, \"total\": %lu, \"refused\": %lu, ", seconds, total, refused);
    print_times("run", times, held, "}\n");
}

static void load(const char *path, int clients, double seconds) {
    static int sockets[most_clients];
    static uint64_t starts[most_clients];
    static struct epoll_event ready[most_clients];
    struct tally *tallies = new_tallies(clients);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    check(poller < 0, "epoll_create1");
    for (int i = 0; i < clients; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        sockets[i] = connection(path);
        exchange(sockets[i], ping, sizeof ping, "parameters");
        check(epoll_ctl(poller, EPOLL_CTL_ADD, sockets[i], &event) < 0, "epoll_ctl");
    }
    uint64_t end = now() + (uint64_t)(seconds * 1e9);
    for (int i = 0; i < clients; i++) {
        starts[i] = now();
        send_frame(sockets[i], run, sizeof run);
    }
    int open = clients;
    while (open > 0) {
        int count = epoll_wait(poller, ready, clients, patience_seconds * 1000);
        if (count == 0) errno = ETIMEDOUT;
        check(count <= 0, "epoll_wait");
        for (int k = 0; k < count; k++) {
            uint32_t i = ready[k].data.u32;
            int good = receive_frame(sockets[i], "\"outcome\":\"ok\"");
            uint64_t time = now();
            if (time >= end) {
                close(sockets[i]);
                open--;
                continue;
            }
            count_run(&tallies[i], good, time - starts[i]);
            starts[i] = time;
            send_frame(sockets[i], run, sizeof run);
        }
    }
    close(poller);
    print_tallies(tallies, clients, seconds);
}

static void crowd(const char *path, int clients, double seconds) {
    struct tally *tallies = new_tallies(clients);
    int gate[2], failed = 0;
    check(pipe2(gate, O_CLOEXEC) < 0, "pipe");
    for (int i = 0; i < clients; i++) {
        pid_t child = fork();
        check(child < 0, "fork");
        if (child > 0) continue;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(gate[1]);
        int descriptor = connection(path);
        char byte;
        exchange(descriptor, ping, sizeof ping, "parameters");
        // All begin when the gate hangs up.
        check(read(gate[0], &byte, 1) != 0, "read");
        uint64_t time = now(), end = time + (uint64_t)(seconds * 1e9);
        while (time < end) {
            send_frame(descriptor, run, sizeof run);
            int good = receive_frame(descriptor, "\"outcome\":\"ok\"");
            uint64_t then = now();
            if (then < end) count_run(&tallies[i], good, then - time);
            time = then;
        }
        _exit(0);
    }
    close(gate[0]);
    // By then all have connected; one that has not begins a little later.
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    close(gate[1]);
    for (int i = 0; i < clients; i++) {
        int status = 0;
        check(wait(&status) < 0, "wait");
        failed += status != 0;
    }
    errno = ECHILD;
    check(failed, "a client's end");
    print_tallies(tallies, clients, seconds);
}

/// Pings at even distances, answered or not: a pause of the server's counts for as many pings as it has held up, and a
/// server that takes longer for a ping than lies between two of them is not taken to stand still.
static void watch(const char *path, uint64_t pause) {
    enum { most_waiting = 1 << 16 };
    static uint64_t times[most_times], sent[most_waiting];
    size_t held = 0, first = 0, next = 0;
    int descriptor = connection(path);
    struct pollfd polls[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = descriptor, .events = POLLIN}};
    uint64_t due = now();
    int asked = 0;
    for (;;) {
        uint64_t time = now();
        if (!asked && time >= due) {
            errno = EOVERFLOW;
            check(next - first == most_waiting, "pings without an answer");
            sent[next++ % most_waiting] = time;
            send_frame(descriptor, ping, sizeof ping);
            due = time + pause;
        }
        uint64_t rest = asked ? (uint64_t)patience_seconds * 1000000000 : due > time ? due - time : 0;
        struct timespec wait = {(time_t)(rest / 1000000000), (long)(rest % 1000000000)};
        polls[0].events = asked ? 0 : POLLIN;
        int ready = ppoll(polls, 2, &wait, NULL);
        check(ready < 0 && errno != EINTR, "poll");
        if (asked && ready == 0) errno = ETIMEDOUT;
        check(asked && ready == 0, "receive");
        if (ready > 0 && polls[1].revents) {
            static char buffer[buffer_bytes];
            ssize_t count = recv(descriptor, buffer, sizeof buffer, 0);
            if (count == 0) errno = ECONNRESET;
            check(count <= 0, "receive");
            errno = 0;
            check(memmem(buffer, (size_t)count, "\"error\"", 7) != NULL, ping);
            time = now();
            for (ssize_t i = 0; i < count; i++) {
                if (buffer[i]) continue;
                if (held < most_times) times[held++] = time - sent[first % most_waiting];
                first++;
            }
        }
        if (ready > 0 && polls[0].revents) asked = 1;
        // The figures are of pings that were answered: of all that were sent.
        if (!asked || first < next) continue;
        char line[256];
        ssize_t count = read(STDIN_FILENO, line, sizeof line);
        printf("{");
        print_times("ping", times, held, "}\n");
        fflush(stdout);
        asked = 0;
        held = 0;
        due = now();
        if (count <= 0) return;
    }
}

static void echo(const char *path) {
    static struct pollfd polls[most_clients + 2];
    static const char reply[] = "{\"parameters\":{}}";
    struct sockaddr_un address = address_of(path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), open = 2;
    check(listener < 0, "socket");
    check(bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 64) < 0, path);
    polls[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    polls[1] = (struct pollfd){.fd = listener, .events = POLLIN};
    puts("ready");
    fflush(stdout);
    for (;;) {
        check(poll(polls, (nfds_t)open, -1) < 0, "poll");
        if (polls[0].revents) return;
        for (int i = 2; i < open; i++) {
            static char buffer[buffer_bytes];
            if (!polls[i].revents) continue;
            ssize_t count = recv(polls[i].fd, buffer, sizeof buffer, 0);
            int open_still = count > 0;
            for (ssize_t at = 0; at < count && open_still; at++) {
                if (!buffer[at]) open_still = send(polls[i].fd, reply, sizeof reply, MSG_NOSIGNAL) > 0;
            }
            if (open_still) continue;
            close(polls[i].fd);
            polls[i--] = polls[--open];
        }
        if (polls[1].revents && open < most_clients) {
            int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            if (client >= 0) polls[open++] = (struct pollfd){.fd = client, .events = POLLIN};
        }
    }
}

int main(int count, char **words) {
    const char *command = count > 2 ? words[1] : "";
    int clients = count == 5 ? atoi(words[3]) : 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (strcmp(command, "pair") == 0 && count == 4) {
        pair(words[2], strtoul(words[3], NULL, 10));
    } else if (strcmp(command, "load") == 0 && clients > 0 && clients <= most_clients) {
        load(words[2], clients, atof(words[4]));
    } else if (strcmp(command, "crowd") == 0 && clients > 0 && clients <= most_clients) {
        crowd(words[2], clients, atof(words[4]));
    } else if (strcmp(command, "watch") == 0 && count == 4) {
        watch(words[2], strtoul(words[3], NULL, 10) * 1000);
    } else if (strcmp(command, "echo") == 0 && count == 3) {
        echo(words[2]);
    } else {
        fprintf(stderr, "usage: client pair SOCKET COUNT | load SOCKET CLIENTS SECONDS | crowd SOCKET CLIENTS SECONDS |\n"
                        "              watch SOCKET PAUSE | echo SOCKET\n");
        return 2;
    }
    return 0;
}
