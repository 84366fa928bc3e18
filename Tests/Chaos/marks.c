/* A function for tasks whose executions are to be counted: each adds its number to a file once it is about to have ended. */
#include <par.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char path[4096];
static int file = -1;

static void open_file(void) {
    file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
}

/* Its input is its number, 8 bytes, and the path of the file with a NUL. */
PAR_EXPORT int mark(par_task *task) {
    const char *input = task->input;
    if (task->input_size < 10 || task->input_size > sizeof path) return 1;
    if (file < 0) {
        memcpy(path, input + 8, task->input_size - 8);
        pthread_once(&once, open_file);
    }
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    long end = time.tv_sec * 1000000000 + time.tv_nsec + 20000;
    do clock_gettime(CLOCK_MONOTONIC, &time);
    while (time.tv_sec * 1000000000 + time.tv_nsec < end);
    if (write(file, input, 8) != 8) return 2;
    return par_write(task, input, 8);
}
