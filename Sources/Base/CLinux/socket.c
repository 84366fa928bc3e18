#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int64_t par_receive(int32_t fd, void *buffer, size_t size, int32_t *descriptors, int32_t *count, int32_t waits) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(PAR_DESCRIPTORS * sizeof(int32_t))];
    } control;
    struct iovec part = {.iov_base = buffer, .iov_len = size};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *count = 0;
    ssize_t received;
    do {
        received = recvmsg(fd, &message, (waits ? 0 : MSG_DONTWAIT) | MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0) return -errno;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
        int32_t here = (int32_t)((item->cmsg_len - CMSG_LEN(0)) / sizeof(int32_t));
        if (here > PAR_DESCRIPTORS - *count) here = PAR_DESCRIPTORS - *count;
        memcpy(descriptors + *count, CMSG_DATA(item), (size_t)here * sizeof(int32_t));
        *count += here;
    }
    return received;
}

int64_t par_send(int32_t fd, const void *bytes, size_t size, const int32_t *descriptors, int32_t count) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(PAR_DESCRIPTORS * sizeof(int32_t))];
    } control;
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > PAR_DESCRIPTORS) return -E2BIG;
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int32_t));
        struct cmsghdr *item = CMSG_FIRSTHDR(&message);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN((size_t)count * sizeof(int32_t));
        memcpy(CMSG_DATA(item), descriptors, (size_t)count * sizeof(int32_t));
    }
    ssize_t sent;
    do {
        sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int32_t par_accept(int32_t listener) {
    int32_t fd;
    do {
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

int32_t par_expect_credentials(int32_t fd) {
    int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0 ? -errno : 0;
}

int64_t par_receive_request(int32_t fd, uint64_t *number, int32_t *pid, int32_t *answer) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int32_t))];
    } control;
    struct iovec part = {.iov_base = number, .iov_len = sizeof *number};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *pid = 0;
    *answer = -1;
    ssize_t received;
    do {
        received = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0) return -errno;
    // The other end is open in many processes; were it closed in all of them, there would be nobody to ask.
    if (received == 0 && message.msg_controllen == 0) return -EPIPE;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item)) {
        if (item->cmsg_level != SOL_SOCKET) continue;
        if (item->cmsg_type == SCM_CREDENTIALS) *pid = ((struct ucred *)CMSG_DATA(item))->pid;
        // There is room for one, and the kernel closes what has none.
        if (item->cmsg_type == SCM_RIGHTS) memcpy(answer, CMSG_DATA(item), sizeof *answer);
    }
    return received;
}

int64_t par_receive_note(int32_t fd, void *buffer, size_t size, int32_t *pid) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(PAR_DESCRIPTORS * sizeof(int32_t))];
    } control;
    struct iovec part = {.iov_base = buffer, .iov_len = size};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *pid = 0;
    ssize_t received;
    do {
        received = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0) return -errno;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item)) {
        if (item->cmsg_level != SOL_SOCKET) continue;
        if (item->cmsg_type == SCM_CREDENTIALS) *pid = ((struct ucred *)CMSG_DATA(item))->pid;
        if (item->cmsg_type != SCM_RIGHTS) continue;
        // Nobody has asked for any.
        int32_t count = (int32_t)((item->cmsg_len - CMSG_LEN(0)) / sizeof(int32_t));
        for (int32_t place = 0; place < count; place++) {
            int32_t unasked;
            memcpy(&unasked, CMSG_DATA(item) + place * sizeof unasked, sizeof unasked);
            close(unasked);
        }
    }
    return received;
}
