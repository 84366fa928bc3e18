#define _GNU_SOURCE
#include "CPython.h"
#include "interface.h"
#include "interrupt.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// A task that is cancelled, or takes too long, is interrupted first: on a process's first thread by a signal that Python handles,
// on others by an exception that another thread raises in them. What doesn't heed that, such as C code, is ended with its
// process: by the daemon where the task is cancelled, by the second signal of the timer where it takes too long.

/// What a worker's thread is at.
typedef struct worker {
    struct worker *next;
    _Atomic(const par_task *) task;
    const par_python_job *job;
    /// How often the timer has rung in this task.
    atomic_int rung;
    /// Whether an exception has been raised in the thread, which may not have come yet.
    atomic_int is_raised;
    int has_timer;
    timer_t timer;
    unsigned long thread;
} worker;

static __thread worker *own;
static worker *workers;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t raised;
static int has_raiser, is_alone_;
static void *cancelled_class, *late_class;

/// Exit code of a worker process that was ended with a task that took too long.
enum { EXIT_LATE = 76 };

#define ALARM (SIGRTMAX - 3)

void par_python_exceptions(void *cancelled, void *late) {
    cancelled_class = cancelled;
    late_class = late;
}

static int why(const worker *worker) {
    const par_task *task = atomic_load(&worker->task);
    if (!task) return 0;
    if (*task->cancelled) return 1;
    return atomic_load(&worker->rung) ? 2 : 0;
}

int32_t par_python_interrupted(void) { return own ? why(own) : 0; }

static void interrupt(void) {
    if (is_alone_) raise(SIGURG);
    else sem_post(&raised);
}

static void on_alarm(int number) {
    (void)number;
    int before = errno;
    const par_task *task = own ? atomic_load(&own->task) : NULL;
    if (task) {
        if (atomic_fetch_add(&own->rung, 1) > 0) {
            own->job->expire(own->job->ledger, task->number);
            _exit(EXIT_LATE);
        }
        interrupt();
    }
    errno = before;
}

static void on_urgent(int number) {
    (void)number;
    int before = errno;
    sem_post(&raised);
    errno = before;
}

/// Raises exceptions in the threads of workers that are to be interrupted.
static void *raise_in_others(void *unused) {
    (void)unused;
    while (1) {
        while (sem_wait(&raised) < 0 && errno == EINTR) {}
        int state = python.PyGILState_Ensure();
        pthread_mutex_lock(&lock);
        for (worker *each = workers; each; each = each->next) {
            int reason = why(each);
            if (!reason || atomic_exchange(&each->is_raised, 1)) continue;
            python.PyThreadState_SetAsyncExc(each->thread, reason == 1 ? cancelled_class : late_class);
        }
        pthread_mutex_unlock(&lock);
        python.PyGILState_Release(state);
    }
    return NULL;
}

static int start_raiser(void) {
    if (has_raiser) return 0;
    if (sem_init(&raised, 0, 0) < 0) return -1;
    struct sigaction urgent = {.sa_handler = on_urgent, .sa_flags = SA_RESTART};
    if (sigaction(SIGURG, &urgent, NULL) < 0) return -1;
    // What it is there for is not to come to it.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int code = pthread_create(&thread, NULL, raise_in_others, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code) return -1;
    pthread_detach(thread);
    has_raiser = 1;
    return 0;
}

int32_t par_python_expect(int32_t is_alone, void *place) {
    worker *worker = place;
    memset(worker, 0, sizeof *worker);
    worker->thread = python.PyThread_get_thread_ident();
    own = worker;
    pthread_mutex_lock(&lock);
    is_alone_ = is_alone;
    worker->next = workers;
    workers = worker;
    int code = is_alone ? 0 : start_raiser();
    struct sigaction alarm = {.sa_handler = on_alarm};
    if (!code) code = sigaction(ALARM, &alarm, NULL);
    pthread_mutex_unlock(&lock);
    return code;
}

size_t par_python_worker_size(void) { return sizeof(worker); }

void par_python_forget(void) {
    pthread_mutex_lock(&lock);
    for (worker **each = &workers; *each; each = &(*each)->next) {
        if (*each != own) continue;
        *each = own->next;
        break;
    }
    pthread_mutex_unlock(&lock);
    if (own && own->has_timer) timer_delete(own->timer);
    own = NULL;
}

static void set_timer(const par_python_job *job, uint64_t first) {
    if (!own->has_timer) {
        struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = ALARM};
        event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
        if (timer_create(CLOCK_MONOTONIC, &event, &own->timer) < 0) return;
        own->has_timer = 1;
    }
    uint64_t again = job->grace_ns ? job->grace_ns : 1;
    struct itimerspec times = {
        .it_value = {.tv_sec = (time_t)(first / 1000000000), .tv_nsec = (long)(first % 1000000000)},
        .it_interval = {.tv_sec = (time_t)(again / 1000000000), .tv_nsec = (long)(again % 1000000000)},
    };
    timer_settime(own->timer, 0, &times, NULL);
}

void par_python_begin_work(const par_task *task, const par_python_job *job) {
    if (!own) return;
    own->job = job;
    atomic_store_explicit(&own->rung, 0, memory_order_relaxed);
    atomic_store_explicit(&own->task, task, memory_order_release);
    if (job->timeout_ns) set_timer(job, job->timeout_ns);
}

void par_python_end_work(const par_python_job *job) {
    if (!own) return;
    atomic_store_explicit(&own->task, NULL, memory_order_release);
    if (job->timeout_ns) set_timer(job, 0);
    // One that comes late is nobody's.
    if (atomic_load_explicit(&own->is_raised, memory_order_relaxed)) {
        atomic_store(&own->is_raised, 0);
        python.PyThreadState_SetAsyncExc(own->thread, NULL);
    }
}
