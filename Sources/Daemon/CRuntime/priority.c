#define _GNU_SOURCE
#include <sys/resource.h>

// Dispatch sets the priority of each thread that it starts, and writes a line where it may not, as in the service's
// sandbox. The daemon's threads keep the priority that they are born with: this stands in for the C library's function.
int setpriority(__priority_which_t which, id_t who, int value) {
    (void)which;
    (void)who;
    (void)value;
    return 0;
}
