// Two functions for 'parctl run native': one that makes text loud, and one that counts its bytes with a table of the worker's own.
#include <par.h>
#include <stdlib.h>

PAR_EXPORT int shout(par_task *task)
{
    const char *text = (const char *)task->input;
    char *loud = (char *)par_resize(task, task->input_size);
    if (!loud) return 1;
    for (size_t i = 0; i < task->input_size; i++)
        loud[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);
    return 0;
}

// How often each byte has come on one worker, over all its tasks and runs.
PAR_EXPORT int tally_setup(void **state)
{
    *state = calloc(256, sizeof(uint64_t));
    return *state ? 0 : 1;
}

PAR_EXPORT void tally_teardown(void *state)
{
    free(state);
}

PAR_EXPORT int tally(par_task *task)
{
    const unsigned char *bytes = (const unsigned char *)task->input;
    uint64_t *counts = (uint64_t *)task->state;
    if (task->input_size == 0) return par_fail(task, 2, "there is nothing to count");
    for (size_t i = 0; i < task->input_size; i++) counts[bytes[i]]++;
    return par_write(task, counts, 256 * sizeof(uint64_t));
}
