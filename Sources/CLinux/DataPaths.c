#include "CLinux.h"

#include <sys/mman.h>
#include <sys/signalfd.h>
#include <ucontext.h>

// Above the signals that the C library keeps for itself; nothing else in the service uses real-time signals.
int mv_lease_signal(void) { return SIGRTMIN + 5; }

static void lease_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, mv_lease_signal());
    sigaddset(set, SIGIO);
}

void mv_block_lease_signals(void) {
    sigset_t set;
    lease_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static volatile int lease_event = -1;

// Runs only in a thread that has the signals unblocked: they cannot be waited for there, so this one is passed on,
// and they are blocked in that thread from now on.
static void forward_lease_signal(int signal, siginfo_t *info, void *context) {
    int saved = errno;
    uint64_t one = 1;
    ucontext_t *thread = context;
    (void)signal;
    (void)info;
    sigaddset(&thread->uc_sigmask, mv_lease_signal());
    sigaddset(&thread->uc_sigmask, SIGIO);
    if (write(lease_event, &one, sizeof one) < 0) { /* full: it wakes all the same */ }
    errno = saved;
}

int mv_lease_signals(int event) {
    struct sigaction action = {
        .sa_sigaction = forward_lease_signal, .sa_flags = SA_RESTART | SA_SIGINFO,
    };
    sigset_t set;
    lease_event = event;
    sigemptyset(&action.sa_mask);
    if (sigaction(mv_lease_signal(), &action, NULL) != 0 || sigaction(SIGIO, &action, NULL) != 0) return -1;
    lease_signals(&set);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int mv_next_lease_signal(int signals, int *descriptor) {
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) != sizeof info) return 0;
    *descriptor = (int)info.ssi_signo == mv_lease_signal() ? info.ssi_fd : -1;
    return 1;
}

int mv_take_lease(int descriptor) {
    if (fcntl(descriptor, F_SETSIG, mv_lease_signal()) != 0) return -1;
    return fcntl(descriptor, F_SETLEASE, F_RDLCK);
}

int mv_release_lease(int descriptor) { return fcntl(descriptor, F_SETLEASE, F_UNLCK); }

int mv_has_lease(int descriptor) { return fcntl(descriptor, F_GETLEASE) == F_RDLCK; }

int mv_unnamed_file(int directory) {
    return openat(directory, ".", O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
}

int mv_clone(int target, int source) { return ioctl(target, FICLONE, source); }

int mv_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int mv_punch_hole(int descriptor, off_t offset, off_t length) {
    return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}
