import CLinux
import Glibc
import SystemPackage

/// How many descriptors the process may have, and how many of them clients of a view may take.
public enum DescriptorBudget {
    /// Raises the soft limit to the hard one. Call before anything asks for ``ceiling``.
    public static func raise() {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }

    /// Descriptors from this number on are not for clients: the control socket, leases and the databases need some too.
    ///
    /// The kernel gives the lowest number that is free, so a number as high as this says that as many are in use.
    public static let ceiling: Int32 = {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 1_024 - 128 }
        let all = Int32(clamping: limit.rlim_cur)
        return all - min(128, all / 4)
    }()

    private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
}
