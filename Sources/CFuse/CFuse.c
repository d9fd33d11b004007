#include "CFuse.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

// linux/fuse.h of Debian 12 is older than the kernels that have passthrough: declared here (FUSE 7.40).
#define INIT_OPCODE 26
#define INIT_PARALLEL_DIROPS (1u << 18)
#define INIT_HANDLE_KILLPRIV_V2 (1u << 28)
#define INIT_EXT (1u << 30)
#define INIT2_PASSTHROUGH (1u << 5)
#define INIT2_NO_EXPORT_SUPPORT (1u << 6)
#define INIT2_HAS_RESEND (1u << 7)

struct init_in {
    uint32_t major, minor, max_readahead, flags, flags2;
};
struct init_out {
    uint32_t major, minor, max_readahead, flags;
    uint16_t max_background, congestion_threshold;
    uint32_t max_write, time_gran;
    uint16_t max_pages, map_alignment;
    uint32_t flags2, max_stack_depth;
    uint32_t unused[6];
};
struct out_header {
    uint32_t len;
    int32_t error;
    uint64_t unique;
};
struct backing_map {
    int32_t fd;
    uint32_t flags;
    uint64_t padding;
};
#define BACKING_OPEN _IOW(229, 1, struct backing_map)
#define BACKING_CLOSE _IOW(229, 2, uint32_t)

static ssize_t hook_read(int fd, void *buffer, size_t size, void *userdata) {
    struct mv_session *session = userdata;
    ssize_t count = read(fd, buffer, size);
    if (count > 0 && !session->initialised) {
        struct mv_fuse_in_header header;
        struct init_in in;
        if ((size_t)count >= sizeof header + sizeof in) {
            memcpy(&header, buffer, sizeof header);
            if (header.opcode == INIT_OPCODE) {
                memcpy(&in, (char *)buffer + sizeof header, sizeof in);
                session->unique = header.unique;
                session->kernel_flags = in.flags | (in.flags & INIT_EXT ? (uint64_t)in.flags2 << 32 : 0);
            }
        }
    }
    return count;
}

// libfuse 3.14 knows neither passthrough nor the second word of flags: its INIT reply is completed on the way out.
static ssize_t complete_init(int fd, struct iovec *iov, int count, struct mv_session *session) {
    struct {
        struct out_header header;
        struct init_out init;
    } reply;
    memset(&reply, 0, sizeof reply);
    size_t length = 0;
    for (int i = 0; i < count; i++) {
        size_t part = iov[i].iov_len;
        if (part > sizeof reply - length) part = sizeof reply - length;
        memcpy((char *)&reply + length, iov[i].iov_base, part);
        length += part;
    }
    if (reply.header.error == 0 && reply.header.unique == session->unique) {
        uint32_t offered = (uint32_t)session->kernel_flags, offered2 = (uint32_t)(session->kernel_flags >> 32);
        reply.init.flags |= offered & (INIT_PARALLEL_DIROPS | INIT_HANDLE_KILLPRIV_V2);
        if (offered & INIT_EXT) {
            reply.init.flags |= INIT_EXT;
            reply.init.flags2 |= offered2 & (INIT2_NO_EXPORT_SUPPORT | INIT2_HAS_RESEND);
            if (session->want_passthrough && offered2 & INIT2_PASSTHROUGH) {
                reply.init.flags2 |= INIT2_PASSTHROUGH;
                reply.init.max_stack_depth = session->stack_depth;
                session->passthrough = 1;
            }
        }
        reply.header.len = sizeof reply;
        length = sizeof reply;
        session->initialised = 1;
    }
    return write(fd, &reply, length) < 0 ? -1 : (ssize_t)length;
}

static ssize_t hook_writev(int fd, struct iovec *iov, int count, void *userdata) {
    struct mv_session *session = userdata;
    if (!session->initialised) return complete_init(fd, iov, count, session);
    return writev(fd, iov, count);
}

int mv_session_hook(struct fuse_session *se) {
    static const struct fuse_custom_io io = {.read = hook_read, .writev = hook_writev};
    return fuse_session_custom_io(se, &io, fuse_session_fd(se));
}

int mv_backing_open(int fuse_fd, int fd) {
    struct backing_map map = {.fd = fd};
    return ioctl(fuse_fd, BACKING_OPEN, &map);
}

int mv_backing_close(int fuse_fd, int id) {
    uint32_t backing = (uint32_t)id;
    return ioctl(fuse_fd, BACKING_CLOSE, &backing);
}

int mv_reply_raw(int fuse_fd, uint64_t unique, int error, const void *payload, size_t size) {
    struct out_header header = {.len = (uint32_t)(sizeof header + size), .error = -error, .unique = unique};
    struct iovec iov[2] = {{&header, sizeof header}, {(void *)payload, size}};
    return writev(fuse_fd, iov, size ? 2 : 1) < 0 ? errno : 0;
}
