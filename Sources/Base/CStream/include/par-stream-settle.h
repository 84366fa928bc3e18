/* What the daemon does with a stream, see par-stream.h, for workers that can't any more. */
#ifndef PAR_STREAM_SETTLE_H
#define PAR_STREAM_SETTLE_H

#include "par-stream.h"

/* What has become of the tasks that a worker process had claimed when it died. */
typedef struct {
    /* Lost with it. */
    uint32_t lost;
    /* Handed out again, though they had begun. */
    uint32_t rerun;
    /* Handed out again, as nobody had begun them. */
    uint32_t untouched;
    /* For how long those that had begun had been at work, in nanoseconds. */
    uint64_t nanoseconds;
    /* The earliest start among them; 0 where none had begun. */
    uint64_t first_start;
} par_settled;

/*
 * Gives the tasks that a dead process had claimed a terminal state, or has them claimed again, and frees what it held of the
 * results. `attempts` is how many workers may die of a task until it is lost, and `failure` what the records of lost tasks say.
 */
par_settled par_stream_settle_death(
    const par_stream *stream, uint32_t pid, uint32_t attempts, uint32_t failure, uint64_t now);

/* Whether a process has begun a task that has not ended. */
int par_stream_is_at_task(const par_stream *stream, uint32_t pid);

/* No worker is at the stream any more, and none will be: gives every task that has not ended the state `cancelled`, and
   returns how many there were. */
uint32_t par_stream_settle_all(const par_stream *stream, uint64_t now);

/* Takes a worker that is gone for neither awake nor asleep. */
void par_stream_leave_seat(const par_stream *stream, uint32_t seat);

/* Has a worker look again, whether or not it sleeps: what it sleeps on, to be woken. */
uint32_t *par_stream_ring_seat(const par_stream *stream, uint32_t seat);

#endif
