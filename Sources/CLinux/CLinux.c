#include "CLinux.h"

#include <linux/capability.h>

int mv_thread_capabilities(struct mv_capabilities *out) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0) return -1;
    out->effective = data[0].effective | (uint64_t)data[1].effective << 32;
    out->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    out->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    return 0;
}

int mv_thread_set_capabilities(const struct mv_capabilities *in) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)in->effective, (uint32_t)in->permitted, (uint32_t)in->inheritable},
        {(uint32_t)(in->effective >> 32), (uint32_t)(in->permitted >> 32), (uint32_t)(in->inheritable >> 32)},
    };
    return (int)syscall(SYS_capset, &header, data);
}
