#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

// What Swift's runtime opens for itself, with some to spare. It crashes where it can't.
enum { RUNTIME_DESCRIPTORS = 8 };
// EX_CONFIG of sysexits.h: starting again doesn't help.
enum { CONFIGURATION_FAULT = 78 };

// Opens descriptors 0, 1 and 2 where whoever started this process has closed one: the next file that is opened would get
// its number, and what programs do with it. That next one is the runtime's, so this comes before everything of Swift.
__attribute__((constructor)) static void prepare_descriptors(void) {
    int spare[RUNTIME_DESCRIPTORS];
    int count = 0;
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++) {
        if (fcntl(number, F_GETFD) < 0) (void)!open("/dev/null", O_RDWR);
    }
    while (count < RUNTIME_DESCRIPTORS && (spare[count] = open("/", O_PATH | O_CLOEXEC)) >= 0) count++;
    for (int index = 0; index < count; index++) close(spare[index]);
    if (count == RUNTIME_DESCRIPTORS) return;
    static const char words[] = "pard: there are too few file descriptors: raise LimitNOFILE= or 'ulimit -n', or start it "
                                "with fewer of them open\n";
    (void)!write(STDERR_FILENO, words, strlen(words));
    _exit(CONFIGURATION_FAULT);
}
