/* SPDX-License-Identifier: Apache-2.0 */
/* Threads over POSIX and over Windows' slim locks. A call that can only fail through misuse is not
 * checked. */
#include "base/thread.h"

#include <stdlib.h>

/* What the new thread is to do; freed by it. */
typedef struct start {
    void (*run)(void *context);
    void *context;
} start;

static void run_and_free(start *work) {
    const start copy = *work;
    free(work);
    copy.run(copy.context);
}

static start *new_start(void (*run)(void *context), void *context) {
    start *work = malloc(sizeof *work);
    if (work == NULL) return NULL;
    work->run = run;
    work->context = context;
    return work;
}

#if defined(_WIN32)

#include <process.h>

void sl_mutex_init(sl_mutex *mutex) { InitializeSRWLock(mutex); }
void sl_mutex_destroy(sl_mutex *mutex) { (void)mutex; }
void sl_mutex_lock(sl_mutex *mutex) { AcquireSRWLockExclusive(mutex); }
void sl_mutex_unlock(sl_mutex *mutex) { ReleaseSRWLockExclusive(mutex); }

void sl_condition_init(sl_condition *condition) { InitializeConditionVariable(condition); }
void sl_condition_destroy(sl_condition *condition) { (void)condition; }
void sl_condition_wait(sl_condition *condition, sl_mutex *mutex) {
    SleepConditionVariableSRW(condition, mutex, INFINITE, 0);
}
void sl_condition_wait_ms(sl_condition *condition, sl_mutex *mutex, unsigned wait_ms_max) {
    SleepConditionVariableSRW(condition, mutex, wait_ms_max, 0);
}
void sl_condition_wake_all(sl_condition *condition) { WakeAllConditionVariable(condition); }

static unsigned __stdcall enter(void *work) {
    run_and_free(work);
    return 0;
}

bool sl_thread_start(sl_thread *thread, void (*run)(void *context), void *context) {
    start *work = new_start(run, context);
    if (work == NULL) return false;
    const uintptr_t handle = _beginthreadex(NULL, 0, enter, work, 0, NULL);
    if (handle == 0) free(work);
    *thread = (HANDLE)handle;
    return handle != 0;
}

void sl_thread_join(sl_thread thread) {
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

#else

#include <signal.h>
#include <time.h>

void sl_mutex_init(sl_mutex *mutex) { pthread_mutex_init(mutex, NULL); }
void sl_mutex_destroy(sl_mutex *mutex) { pthread_mutex_destroy(mutex); }
void sl_mutex_lock(sl_mutex *mutex) { pthread_mutex_lock(mutex); }
void sl_mutex_unlock(sl_mutex *mutex) { pthread_mutex_unlock(mutex); }

void sl_condition_init(sl_condition *condition) { pthread_cond_init(condition, NULL); }
void sl_condition_destroy(sl_condition *condition) { pthread_cond_destroy(condition); }
void sl_condition_wait(sl_condition *condition, sl_mutex *mutex) { pthread_cond_wait(condition, mutex); }
void sl_condition_wait_ms(sl_condition *condition, sl_mutex *mutex, unsigned wait_ms_max) {
    struct timespec until;
    timespec_get(&until, TIME_UTC);
    const long nanoseconds = until.tv_nsec + (long)(wait_ms_max % 1000) * 1000000;
    until.tv_sec += (time_t)(wait_ms_max / 1000) + nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    pthread_cond_timedwait(condition, mutex, &until);
}
void sl_condition_wake_all(sl_condition *condition) { pthread_cond_broadcast(condition); }

static void *enter(void *work) {
    run_and_free(work);
    return NULL;
}

bool sl_thread_start(sl_thread *thread, void (*run)(void *context), void *context) {
    start *work = new_start(run, context);
    if (work == NULL) return false;
    /* The process's handlers were written for its own threads: ours inherits a mask that takes no signal. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool is_started = pthread_create(thread, NULL, enter, work) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!is_started) free(work);
    return is_started;
}

void sl_thread_join(sl_thread thread) { pthread_join(thread, NULL); }

#endif
