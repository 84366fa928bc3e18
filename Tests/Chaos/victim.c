// A command that is hard to end: what a user's own may do, by kind.
//
//     victim TOKEN KIND FIFO
//
// Each process that is to be found later writes a byte into FIFO once it is there, and sleeps for an hour. TOKEN stands in
// all their arguments, by which whoever looks for survivors knows them.
//
//     foreground   sleeps itself                       background  has a child in the background
//     group        the child leads a group of its own  session     the child leads a session of its own
//     double       forked twice, so nobody's child     daemon      forked twice, in a session of its own
//     nohup        ignores SIGHUP, in the background   deaf        ignores SIGTERM, SIGINT and SIGHUP, itself and its child
//     closed       a daemon without a descriptor       chain       a daemon's child's child, each in a session of its own
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fifo;

static void stay(void) {
    if (write(fifo, ".", 1) != 1) _exit(3);
    sleep(3600);
    _exit(0);
}

/// Goes on in a child, or in a child's child; the one that was called stays.
static void descend(int twice, int session) {
    pid_t child = fork();
    if (child > 0 || child < 0) stay();
    if (session) setsid();
    if (twice && fork() != 0) _exit(0);
}

int main(int count, char **words) {
    if (count != 4) return 2;
    const char *kind = words[2];
    fifo = open(words[3], O_WRONLY | O_CLOEXEC);
    if (fifo < 0) return 3;
    if (strcmp(kind, "background") == 0) {
        descend(0, 0);
    } else if (strcmp(kind, "group") == 0) {
        descend(0, 0);
        setpgid(0, 0);
    } else if (strcmp(kind, "session") == 0) {
        descend(0, 1);
    } else if (strcmp(kind, "double") == 0) {
        descend(1, 0);
    } else if (strcmp(kind, "daemon") == 0) {
        descend(1, 1);
    } else if (strcmp(kind, "nohup") == 0) {
        signal(SIGHUP, SIG_IGN);
        descend(0, 0);
    } else if (strcmp(kind, "deaf") == 0) {
        signal(SIGTERM, SIG_IGN);
        signal(SIGINT, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        descend(0, 0);
    } else if (strcmp(kind, "closed") == 0) {
        descend(1, 1);
        for (int descriptor = 0; descriptor < 256; descriptor++)
            if (descriptor != fifo) close(descriptor);
    } else if (strcmp(kind, "chain") == 0) {
        descend(1, 1);
        if (fork() > 0) stay();
        setsid();
    } else if (strcmp(kind, "foreground") != 0) {
        return 2;
    }
    stay();
}
