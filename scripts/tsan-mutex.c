// Linked into programs that `make tsan` builds. Swift's Mutex waits inside of the standard library, which the sanitizer
// does not see into: a lock that somebody had to wait for looks like none. So the library's slow paths are told to it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

extern void __tsan_acquire(void *);
extern void __tsan_release(void *);

// Tests start programs without an environment: where reports go is compiled in.
const char *__tsan_default_options(void) { return "exitcode=0:report_signal_unsafe=0:log_path=" REPORTS; }

// Methods of Synchronization._MutexHandle: `self` comes in the register of Swift's calling convention.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define TRY "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK);
SWIFT bool try_slow(SELF) __asm__(TRY);

typedef SWIFT void (*lock_function)(uint32_t, SELF);
typedef SWIFT void (*unlock_function)(SELF);
typedef SWIFT bool (*try_function)(SELF);

SWIFT void lock_slow(uint32_t thread, SELF) {
    ((lock_function)dlsym(RTLD_NEXT, LOCK))(thread, self);
    __tsan_acquire(self);
}

SWIFT void unlock_slow(SELF) {
    __tsan_release(self);
    ((unlock_function)dlsym(RTLD_NEXT, UNLOCK))(self);
}

SWIFT bool try_slow(SELF) {
    bool taken = ((try_function)dlsym(RTLD_NEXT, TRY))(self);
    if (taken) __tsan_acquire(self);
    return taken;
}
