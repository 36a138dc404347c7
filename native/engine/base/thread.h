/* SPDX-License-Identifier: Apache-2.0 */
/* Mutex, condition and thread of the platform, for the few things that outlive a request: stores and log
 * writers. Nothing on the path of a request without persistent collections or logs may take a lock. */
#ifndef SL_THREAD_H
#define SL_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
typedef SRWLOCK sl_mutex;
typedef CONDITION_VARIABLE sl_condition;
typedef HANDLE sl_thread;
#define SL_MUTEX_INITIALIZER SRWLOCK_INIT
#else
#include <pthread.h>
typedef pthread_mutex_t sl_mutex;
typedef pthread_cond_t sl_condition;
typedef pthread_t sl_thread;
#define SL_MUTEX_INITIALIZER PTHREAD_MUTEX_INITIALIZER
#endif

#ifdef __cplusplus
extern "C" {
#endif

void sl_mutex_init(sl_mutex *mutex);
void sl_mutex_destroy(sl_mutex *mutex);
void sl_mutex_lock(sl_mutex *mutex);
void sl_mutex_unlock(sl_mutex *mutex);

void sl_condition_init(sl_condition *condition);
void sl_condition_destroy(sl_condition *condition);
/* May return early, as all conditions: look again at what you wait for. */
void sl_condition_wait(sl_condition *condition, sl_mutex *mutex);
void sl_condition_wait_ms(sl_condition *condition, sl_mutex *mutex, unsigned wait_ms_max);
void sl_condition_wake_all(sl_condition *condition);

/* False: the system gives no thread. Signals of the process are not delivered to it. */
bool sl_thread_start(sl_thread *thread, void (*run)(void *context), void *context);
void sl_thread_join(sl_thread thread);

#ifdef __cplusplus
}
#endif
#endif
