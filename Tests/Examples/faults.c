// What functions should not do, for the tests: by its input's first letter a task crashes, exits, hangs, writes where it may
// not, takes memory without end, or does well.
#include <par.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int take_all(void)
{
    // Touched, so that it is really taken.
    for (size_t taken = 0; taken < ((size_t)1 << 33); taken += (size_t)1 << 20) {
        char *block = malloc((size_t)1 << 20);
        if (!block) return 1;
        memset(block, 1, (size_t)1 << 20);
    }
    return 0;
}

PAR_EXPORT int misbehave(par_task *task)
{
    const char *input = task->input_size ? (const char *)task->input : "w";
    switch (input[0]) {
    case 'c': raise(SIGSEGV); return 0;
    case 'x': exit(3);
    case 'h': for (;;) pause();
    case 'f': while (!par_is_cancelled(task)) usleep(1000); return 9;
    case 's': memset((char *)(uintptr_t)task->input - 12000, 0xff, 12000); return 0;
    case 'm': return take_all() ? par_fail(task, 12, "there is no memory") : 0;
    case 'n': return -1;
    case 't': return par_fail_bytes(task, 7, input + 1, task->input_size - 1);
    default: return par_write(task, task->input, task->input_size);
    }
}

PAR_EXPORT int refuse_setup(void **state)
{
    (void)state;
    return 4;
}

// Ends its process before the first task.
PAR_EXPORT int fall_setup(void **state)
{
    (void)state;
    abort();
}

PAR_EXPORT int fall(par_task *task)
{
    return par_fail(task, 1, "called all the same");
}

PAR_EXPORT int refuse(par_task *task)
{
    return par_fail(task, 1, "called all the same");
}

// A result of as many bytes as its input has, times a thousand.
PAR_EXPORT int enlarge(par_task *task)
{
    char *place = (char *)par_resize(task, task->input_size * 1000);
    if (!place) return 1;
    memset(place, 'x', task->input_size * 1000);
    return 0;
}

// Its task's number, as ten digits.
PAR_EXPORT int number(par_task *task)
{
    char digits[10];
    uint64_t rest = task->number;
    for (int place = 9; place >= 0; place--, rest /= 10) digits[place] = (char)('0' + rest % 10);
    return par_write(task, digits, 10);
}

// Ten bytes, always the same: what handing something back costs by itself.
PAR_EXPORT int brief(par_task *task)
{
    return par_write(task, "0123456789", 10);
}

// Its whole input, as it is.
PAR_EXPORT int echo(par_task *task)
{
    void *place = par_resize(task, task->input_size);
    if (!place && task->input_size) return 1;
    memcpy(place, task->input, task->input_size);
    return 0;
}

// A result as long as its input, which it doesn't read; and nothing at all.
PAR_EXPORT int room(par_task *task)
{
    return par_resize(task, task->input_size) ? 0 : 1;
}

PAR_EXPORT int nothing(par_task *task)
{
    (void)task;
    return 0;
}
