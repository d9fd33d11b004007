#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
// Swift's own Glibc module is made without _GNU_SOURCE, and two headers look different then. A compiler that happens to
// load both forms of a type refuses them, so these two are taken in the form that Swift has.
#include <features.h>
#pragma push_macro("__USE_XOPEN")
#undef __USE_XOPEN
#include <sys/select.h>
#pragma pop_macro("__USE_XOPEN")
#pragma push_macro("__USE_GNU")
#undef __USE_GNU
#include <sys/resource.h>
#pragma pop_macro("__USE_GNU")
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

// Variadic functions and macros with values, as functions and constants that Swift imports.

static inline int mv_errno(void) { return errno; }
static inline int mv_openat(int dir, const char *path, int flags, mode_t mode) { return openat(dir, path, flags, mode); }
static inline int mv_fcntl_int(int fd, int command, int argument) { return fcntl(fd, command, argument); }
static inline int mv_fcntl_lock(int fd, int command, struct flock *lock) { return fcntl(fd, command, lock); }
static inline int mv_ioctl_int(int fd, unsigned long request, long argument) { return ioctl(fd, request, argument); }
static inline int mv_ioctl_pointer(int fd, unsigned long request, void *argument) { return ioctl(fd, request, argument); }
static inline unsigned mv_major(dev_t device) { return major(device); }
static inline unsigned mv_minor(dev_t device) { return minor(device); }
static inline dev_t mv_makedev(unsigned a, unsigned b) { return makedev(a, b); }
static inline int mv_setgroups_thread(size_t count, const gid_t *groups) { return (int)syscall(SYS_setgroups, count, groups); }
static inline ssize_t mv_readlink(int fd, void *buffer, size_t size) { return readlinkat(fd, "", (char *)buffer, size); }
static inline long mv_getdents(int fd, void *buffer, size_t size) { return syscall(SYS_getdents64, fd, buffer, size); }
static inline int mv_statvfs(const char *path, struct statvfs *out) { return statvfs(path, out); }
static inline int mv_thread_name(const char *name) { return pthread_setname_np(pthread_self(), name); }
static inline int mv_gettid(void) { return (int)syscall(SYS_gettid); }
static inline int mv_pidfd_open(int pid, unsigned flags) { return (int)syscall(SYS_pidfd_open, pid, flags); }
static inline int mv_pidfd_send_signal(int fd, int signal) { return (int)syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0); }

static const unsigned long mv_FICLONE = FICLONE;
static const unsigned long mv_FS_IOC_GETFLAGS = FS_IOC_GETFLAGS;
static const int64_t mv_UTIME_NOW = UTIME_NOW;
static const int64_t mv_UTIME_OMIT = UTIME_OMIT;
static const int mv_O_TMPFILE = O_TMPFILE;
static const int mv_O_PATH = O_PATH;
static const int mv_AT_EMPTY_PATH = AT_EMPTY_PATH;
static const int mv_AT_FDCWD = AT_FDCWD;
static const int mv_AT_STATX_DONT_SYNC = AT_STATX_DONT_SYNC;

// statx: the fields that a file's attributes need.
static inline int mv_statx(int dir, const char *name, int flags, struct statx *out) {
    return statx(dir, name, flags, STATX_BASIC_STATS | STATX_BTIME, out);
}
static inline uint64_t mv_statx_device(const struct statx *s) { return makedev(s->stx_dev_major, s->stx_dev_minor); }
static inline uint64_t mv_statx_rdev(const struct statx *s) { return makedev(s->stx_rdev_major, s->stx_rdev_minor); }

// File handles (name_to_handle_at(2)) with room for the largest handle.
struct mv_file_handle {
    unsigned int bytes;
    int type;
    unsigned char data[128];
};
static inline int mv_name_to_handle(int dir, const char *name, struct mv_file_handle *handle, int *mount, int flags) {
    handle->bytes = sizeof handle->data;
    return name_to_handle_at(dir, name, (struct file_handle *)handle, mount, flags);
}
static inline int mv_open_by_handle(int mount, struct mv_file_handle *handle, int flags) {
    return open_by_handle_at(mount, (struct file_handle *)handle, flags);
}

// System calls that the C library of Debian 12 has no function for.
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
static inline int mv_fchmodat2(int fd, const char *path, mode_t mode, int flags) {
    return (int)syscall(SYS_fchmodat2, fd, path, mode, flags);
}
// Credentials of one thread: the C library's functions would change every thread of the process.
static inline int mv_thread_setfsuid(uid_t uid) { return (int)syscall(SYS_setfsuid, uid); }
static inline int mv_thread_setfsgid(gid_t gid) { return (int)syscall(SYS_setfsgid, gid); }
static inline int mv_thread_setresuid(uid_t uid) { return (int)syscall(SYS_setresuid, uid, uid, uid); }
static inline int mv_thread_setresgid(gid_t gid) { return (int)syscall(SYS_setresgid, gid, gid, gid); }
struct mv_capabilities {
    uint64_t effective, permitted, inheritable;
};
int mv_thread_capabilities(struct mv_capabilities *out);
int mv_thread_set_capabilities(const struct mv_capabilities *in);

// Read leases (fcntl(2), F_SETLEASE) whose breaks are announced by a real-time signal of the service's own.
int mv_lease_signal(void);
// Blocks that signal, and SIGIO which the kernel sends when too many signals wait, in the calling thread.
void mv_block_lease_signals(void);
// Prepares the process: a signalfd for both signals; a thread that has them unblocked writes to `event` instead.
int mv_lease_signals(int event);
// 1 and the descriptor whose lease breaks (-1: any) of the next waiting signal; 0 when none waits.
int mv_next_lease_signal(int signals, int *descriptor);
int mv_take_lease(int descriptor);
int mv_release_lease(int descriptor);
// Whether the lease is held and nobody wants to break it.
int mv_has_lease(int descriptor);

// Files without a name.
int mv_unnamed_file(int directory);
int mv_clone(int target, int source);
int mv_memory_file(const char *name);
int mv_punch_hole(int descriptor, off_t offset, off_t length);

// Putting a command behind a view.
static inline int mv_prctl(int option, unsigned long value) { return prctl(option, value, 0, 0, 0); }
static inline pid_t mv_fork(void) { return fork(); }
static inline int mv_exit_status(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }
