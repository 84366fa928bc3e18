/* What is said to the daemon and heard from it: Varlink, a text of JSON and a NUL each way. */
#define _GNU_SOURCE
#include "lease.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A longer reply is none of the daemon's. */
#define LONGEST_REPLY ((size_t)16 << 20)

uint64_t lease_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int fail(int code, char *error, size_t room, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (error && room > 0) vsnprintf(error, room, format, arguments);
    va_end(arguments);
    return -code;
}

/* MARK: Asking */

/* A text that grows. */
typedef struct {
    char *bytes;
    size_t size, room;
    int is_short;
} text;

static void add_bytes(text *to, const char *bytes, size_t size) {
    if (to->is_short) return;
    if (size > to->room - to->size) {
        size_t room = (to->size + size) * 2;
        char *bigger = realloc(to->bytes, room);
        if (!bigger) {
            to->is_short = 1;
            return;
        }
        to->bytes = bigger;
        to->room = room;
    }
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

static void add(text *to, const char *plain) {
    add_bytes(to, plain, strlen(plain));
}

/* How many bytes the character at `at` has, in UTF-8; 0 where what stands there is none. */
static size_t character(const unsigned char *at) {
    if (*at < 0x80) return 1;
    if (*at < 0xc2 || *at > 0xf4) return 0;
    /* Overlong forms, surrogates, and what is beyond the last code point. */
    if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f)) return 0;
    if ((*at == 0xf0 && at[1] < 0x90) || (*at == 0xf4 && at[1] > 0x8f)) return 0;
    size_t count = *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
    for (size_t index = 1; index < count; index++)
        if ((at[index] & 0xc0) != 0x80) return 0;
    return count;
}

/* Whether it is one of the characters by which the interface writes bytes that are no part of UTF-8. */
static int stands_for_byte(const unsigned char *at) {
    return at[0] == 0xf4 && at[1] == 0x8f && (at[2] | 1) == 0xbb;
}

/* A string of any bytes, as the interface description says: U+10FE00 + byte for one that is no part of UTF-8. */
static void add_string(text *to, const char *string) {
    add(to, "\"");
    for (; *string; string++) {
        char escape[8];
        unsigned char byte = (unsigned char)*string;
        size_t count = character((const unsigned char *)string);
        if (count == 0 || (count == 4 && stands_for_byte((const unsigned char *)string))) {
            const unsigned char bytes[] = {0xf4, 0x8f, byte < 0xc0 ? 0xba : 0xbb, byte & 0xbf};
            add_bytes(to, (const char *)bytes, sizeof bytes);
        } else if (count > 1) {
            add_bytes(to, string, count);
            string += count - 1;
        } else if (byte == '"' || byte == '\\') {
            escape[0] = '\\';
            escape[1] = (char)byte;
            add_bytes(to, escape, 2);
        } else if (byte < 0x20) {
            snprintf(escape, sizeof escape, "\\u%04x", byte);
            add(to, escape);
        } else {
            add_bytes(to, string, 1);
        }
    }
    add(to, "\"");
}

static void add_number(text *to, const char *name, uint64_t number) {
    char member[64];
    if (number == 0) return;
    snprintf(member, sizeof member, ",\"%s\":%" PRIu64, name, number);
    add(to, member);
}

/* The process's umask, which there is no harmless way to ask the kernel for but this. */
static unsigned own_umask(void) {
    unsigned mask = 022;
    char line[256];
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "Umask: %o", &mask) == 1) break;
    if (status) fclose(status);
    return mask;
}

/* Where this program is, or is to seem to be, and its variables: what an interpreter's workers are made with. */
static void add_context(text *to, const par_lease_options *options) {
    char *directory = options->directory ? strdup(options->directory) : getcwd(NULL, 0);
    const char *const *variables = options->environment ? options->environment : (const char *const *)environ;
    char mask[32];
    add(to, ",\"context\":{\"directory\":");
    add_string(to, directory ? directory : "/");
    snprintf(mask, sizeof mask, ",\"umask\":%u,\"environment\":[", own_umask() & 0777);
    add(to, mask);
    int count = 0;
    for (const char *const *variable = variables; variable && *variable; variable++) {
        if (!strchr(*variable, '=')) continue;
        if (count++ > 0) add(to, ",");
        add_string(to, *variable);
    }
    add(to, "]}");
    free(directory);
}

int lease_ask(int socket, const par_lease_options *options, char *error, size_t room) {
    text call = {NULL, 0, 0, 0};
    add(&call, "{\"method\":\"org.pard.Control.Lease\",\"more\":true,\"parameters\":{\"workload\":");
    add_string(&call, options->workload ? options->workload : "");
    if (options->arguments && options->arguments[0]) {
        add(&call, ",\"arguments\":{");
        for (const char *const *pair = options->arguments; pair[0] && pair[1]; pair += 2) {
            if (pair != options->arguments) add(&call, ",");
            add_string(&call, pair[0]);
            add(&call, ":");
            add_string(&call, pair[1]);
        }
        add(&call, "}");
    }
    int is_mixed = options->processes > 0 && options->threads > 1;
    if (is_mixed) add(&call, ",\"mode\":\"mixed\"");
    else if (options->processes > 0) add(&call, ",\"mode\":\"processes\"");
    else if (options->threads > 0) add(&call, ",\"mode\":\"threads\"");
    add_number(&call, "processes", options->processes);
    if (is_mixed || options->processes == 0) add_number(&call, "threads", options->threads);
    add_number(&call, "tasks", options->tasks);
    add_number(&call, "input_bytes", options->input_bytes);
    add_number(&call, "result_bytes", options->result_bytes);
    add_number(&call, "attempts", options->attempts);
    if (options->workload && strcmp(options->workload, "python") == 0) add_context(&call, options);
    add_bytes(&call, "}}", 3);
    if (call.is_short) {
        free(call.bytes);
        return fail(ENOMEM, error, room, "there is no memory");
    }
    size_t sent = 0;
    while (sent < call.size) {
        ssize_t more = send(socket, call.bytes + sent, call.size - sent, MSG_NOSIGNAL);
        if (more < 0 && errno == EINTR) continue;
        if (more < 0) break;
        sent += (size_t)more;
    }
    int code = sent < call.size ? errno : 0;
    free(call.bytes);
    return code == 0 ? 0 : fail(code, error, room, "the daemon can't be asked: %s", strerror(code));
}

static int connect_to(const char *path, int64_t nanoseconds, char *error, size_t room) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof address.sun_path) return fail(EINVAL, error, room, "%s is no socket's path", path);
    memcpy(address.sun_path, path, size);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + 1);
    if (path[0] == '@') {
        address.sun_path[0] = 0;
        length--;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return fail(errno, error, room, "socket: %s", strerror(errno));
    uint64_t deadline = lease_now() + (uint64_t)nanoseconds;
    int code;
    do {
        /* Rounded up: 0 would be for ever. A signal ends what has a bound, and has nothing happen. */
        uint64_t now = lease_now(), microseconds = (deadline > now ? deadline - now : 0) / 1000 + 1;
        struct timeval patience = {(time_t)(microseconds / 1000000), (suseconds_t)(microseconds % 1000000)};
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        code = connect(fd, (struct sockaddr *)&address, length) < 0 ? errno : 0;
    } while (code == EINTR && lease_now() < deadline);
    if (code != 0) {
        /* EAGAIN is what connect(2) says where the time was up. */
        if (code == EAGAIN || code == EINTR) code = ETIMEDOUT;
        close(fd);
        return fail(code, error, room, "no daemon answers at %s: %s", path, strerror(code));
    }
    return fd;
}

/// The socket of the user's own daemon on a host that has no directory for such. False where there is none, or somebody else has
/// taken the place.
static bool own_socket(char *path, size_t room) {
    struct stat status;
    int length = snprintf(path, room, "/tmp/pard-%u", (unsigned)getuid());
    if (lstat(path, &status) < 0 || status.st_uid != getuid() || !S_ISDIR(status.st_mode) || status.st_mode & 022) return false;
    snprintf(path + length, room - (size_t)length, "/pard.sock");
    return access(path, F_OK) == 0;
}

int lease_connect(const char *path, int64_t nanoseconds, char *error, size_t room) {
    char own[sizeof((struct sockaddr_un *)NULL)->sun_path];
    if (!path) path = getenv("PARD_SOCKET");
    if (path && path[0]) return connect_to(path, nanoseconds, error, room);
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime && (size_t)snprintf(own, sizeof own, "%s/pard/pard.sock", runtime) < sizeof own && access(own, F_OK) == 0)
        return connect_to(own, nanoseconds, error, room);
    if (!(runtime && runtime[0]) && own_socket(own, sizeof own)) return connect_to(own, nanoseconds, error, room);
    return connect_to("/run/pard/pard.sock", nanoseconds, error, room);
}

/* MARK: Hearing */

/* Receives what there is: how many bytes, or an error number negated. Descriptors beyond two are closed. */
static ssize_t receive(int socket, void *bytes, size_t size, int descriptors[2]) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(16 * sizeof(int))];
    } control;
    struct iovec part = {bytes, size};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (received < 0) return -errno;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < count; index++) {
            int fd;
            memcpy(&fd, CMSG_DATA(item) + index * sizeof fd, sizeof fd);
            if (descriptors && index < 2 && descriptors[index] < 0) descriptors[index] = fd;
            else close(fd);
        }
    }
    return received;
}

int lease_hear_grant(int socket, int descriptors[2], int64_t nanoseconds, char *error, size_t room) {
    /* The first reply is short, and nothing comes behind it at once that is not read byte by byte here. */
    char reply[4096];
    size_t size = 0;
    uint64_t deadline = lease_now() + (uint64_t)nanoseconds;
    while (size == 0 || reply[size - 1] != 0) {
        uint64_t now = lease_now();
        if (now >= deadline) return fail(ETIMEDOUT, error, room, "the daemon does not answer");
        if (size == sizeof reply) return fail(EPROTO, error, room, "the daemon answers what it never does");
        struct pollfd awaited = {socket, POLLIN, 0};
        uint64_t left = (deadline - now) / 1000000 + 1;
        int ready = poll(&awaited, 1, left < INT_MAX ? (int)left : INT_MAX);
        if (ready < 0 && errno != EINTR) return fail(errno, error, room, "poll: %s", strerror(errno));
        if (ready <= 0) continue;
        ssize_t received = receive(socket, reply + size, 1, descriptors);
        if (received == -EAGAIN || received == -EINTR) continue;
        if (received <= 0) return fail(EPIPE, error, room, "the daemon has hung up");
        size++;
    }
    json_part frame = {reply, reply + size - 1};
    json_part refusal = json_member(frame, "error");
    if (refusal.start) {
        char name[128], details[1024];
        json_part parameters = json_member(frame, "parameters");
        json_copy(refusal, name, sizeof name);
        size_t length = parameters.start ? (size_t)(parameters.end - parameters.start) : 0;
        if (length > sizeof details - 1) length = sizeof details - 1;
        if (length > 0) memcpy(details, parameters.start, length);
        details[length] = 0;
        return fail(ECONNREFUSED, error, room, "%s %s", name, details);
    }
    if (!json_member(json_member(frame, "parameters"), "lease").start || descriptors[0] < 0 || descriptors[1] < 0)
        return fail(EPROTO, error, room, "the daemon answers with no lease");
    return 0;
}

/* Takes in a whole reply, without its NUL. */
static void take_reply(par_lease *lease, size_t size) {
    json_part frame = {lease->reply, lease->reply + size};
    json_part goes_on = json_member(frame, "continues");
    if (goes_on.start && *goes_on.start == 't') {
        if (json_member(json_member(frame, "parameters"), "loss").start) lease->losses++;
        return;
    }
    lease->is_over = 1;
    free(lease->last);
    json_part parameters = json_member(frame, "parameters"), receipt = json_member(parameters, "receipt");
    json_part part = json_member(frame, "error").start ? frame : receipt.start ? receipt : parameters;
    size_t length = part.start ? (size_t)(part.end - part.start) : 0;
    lease->last = malloc(length + 1);
    lease->last_size = lease->last ? length : 0;
    if (!lease->last) return;
    if (length > 0) memcpy(lease->last, part.start, length);
    lease->last[length] = 0;
}

void lease_hear(par_lease *lease) {
    while (lease->socket >= 0) {
        if (lease->reply_room - lease->reply_size < 4096) {
            size_t room = lease->reply_room * 2 + 8192;
            char *bigger = room <= LONGEST_REPLY ? realloc(lease->reply, room) : NULL;
            if (!bigger) {
                lease->is_over = 1;
                return;
            }
            lease->reply = bigger;
            lease->reply_room = room;
        }
        ssize_t received = receive(
            lease->socket, lease->reply + lease->reply_size, lease->reply_room - lease->reply_size, NULL);
        if (received == -EAGAIN || received == -EINTR) return;
        if (received <= 0) {
            lease->is_over = 1;
            close(lease->socket);
            lease->socket = -1;
            return;
        }
        lease->reply_size += (size_t)received;
        char *end;
        while ((end = memchr(lease->reply, 0, lease->reply_size))) {
            size_t size = (size_t)(end - lease->reply);
            take_reply(lease, size);
            lease->reply_size -= size + 1;
            memmove(lease->reply, end + 1, lease->reply_size);
        }
    }
}
